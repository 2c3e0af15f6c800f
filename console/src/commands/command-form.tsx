/** One command with all that it takes, sent as whoever is logged in. */
import { Button, Fieldset, FileInput, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { noteChange } from "../api/queries.ts";
import { AllKeys, useGiven } from "../parts/all-keys.tsx";
import { DestroyDialog } from "../parts/destroy.tsx";
import { SubmitButton, SubmitForm } from "../parts/form.tsx";
import { type Choices, KeyField } from "../parts/key-field.tsx";
import { useOnce } from "../parts/once.ts";
import { Failure } from "../parts/page.tsx";
import { RequestShown } from "../parts/request.tsx";
import { useChoices } from "../servers/choices.ts";
import { AnswerShown } from "./answer.tsx";
import { type Command, isDestroying, type Parameter } from "./catalogue.ts";
import { send } from "./send.ts";
import { text } from "./text.ts";

export function CommandForm({ command }: { readonly command: Command }) {
  const { path, parameters, takes, isReading, returnsBytes, form } = command;
  const [params, setParams] = useState(() => firstOf(parameters));
  const [file, setFile] = useState<File | null>(null);
  const [isAsking, setAsking] = useState(false);
  const given = useGiven();
  const choices = useChoices();
  const words = path.map((word) => params[word] ?? word);
  const missing = parameters.find(({ name }) => params[name] === "")?.name;
  const sent = useSending(command);
  const body = takes === "bytes" ? file : takes === "properties" ? JSON.stringify(given.values) : null;
  const ask = () =>
    sent.mutateAsync({ path: words.map(encodeURIComponent).join("/"), isReading, body, returnsBytes });
  const submit = () => {
    if (missing !== undefined || (takes === "bytes" && file === null)) return sent.complain();
    if (isDestroying(command) && parameters.length > 0) setAsking(true);
    else ask().catch(() => {});
  };
  return (
    <SubmitForm error={sent.error ?? sent.complaint} onSubmit={submit}>
      <Stack gap="lg" mt="lg">
        {parameters.length > 0 && (
          <ParameterFields
            {...{ parameters, params, choices, isIncomplete: sent.isIncomplete }}
            onChange={(name, value) => setParams({ ...params, [name]: value })}
          />
        )}
        {takes === "properties" && <AllKeys form={form} given={given} error={null} choices={choices} byKey />}
        {takes === "bytes" && (
          <FileInput
            label={text.file}
            description={text.fileHelp}
            placeholder={text.chooseFile}
            required
            value={file}
            error={sent.isIncomplete && file === null ? text.missing(text.file) : null}
            onChange={setFile}
            maw={440}
          />
        )}
        {takes === "nothing" && parameters.length === 0 && <Text c="dimmed">{text.nothing}</Text>}
        <Group>
          <SubmitButton isPending={sent.isPending} {...(isDestroying(command) ? { color: "red" } : {})}>
            {isReading ? text.send : text.sendChange}
          </SubmitButton>
          {sent.isPending && (
            <Button variant="default" onClick={sent.stop}>
              {text.stop}
            </Button>
          )}
        </Group>
        <RequestShown path={words} values={takes === "properties" ? given.values : {}} how={howOf(command)} />
        {sent.error !== null && <Failure error={sent.error} />}
        {sent.data !== undefined && <AnswerShown answer={sent.data} />}
      </Stack>
      {isAsking && (
        <DestroyDialog
          what={text.what}
          name={params[parameters.at(-1)?.name ?? ""] ?? ""}
          onClose={() => setAsking(false)}
          destroy={async () => {
            await ask();
            setAsking(false);
          }}
        >
          {text.destroyNote}
        </DestroyDialog>
      )}
    </SubmitForm>
  );
}

type ParameterProps = {
  readonly parameters: readonly Parameter[];
  readonly params: Readonly<Record<string, string>>;
  readonly choices: Choices;
  /** Whether it was asked while some of it was missing. */
  readonly isIncomplete: boolean;
  readonly onChange: (name: string, value: string) => void;
};

const ParameterFields = ({ parameters, params, choices, isIncomplete, onChange }: ParameterProps) => (
  <Fieldset variant="unstyled" legend={text.parameters}>
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
      {parameters.map((parameter, rank) => {
        const { name } = parameter;
        const value = params[name] ?? "";
        return (
          <KeyField
            key={name}
            field={fieldOf(parameter, rank)}
            label={name}
            choices={choices}
            value={value}
            error={isIncomplete && value === "" ? text.missing(name) : null}
            obstacle={null}
            onChange={(changed) => onChange(name, changed)}
          />
        );
      })}
    </SimpleGrid>
  </Fieldset>
);

const firstOf = (parameters: readonly Parameter[]): Readonly<Record<string, string>> =>
  Object.fromEntries(parameters.map(({ name, choices: [first = ""] }) => [name, first]));

const howOf = ({ isReading, takes, returnsBytes }: Command) => ({
  isReading,
  ...(takes === "bytes" ? { file: "sent" as const } : returnsBytes ? { file: "answered" as const } : {}),
});

/** Of which kind of objects a parameter names one. */
const REFERS: Readonly<Record<string, string>> = { SERVER: "server", DRIVE: "drive", SOURCE: "drive" };

function fieldOf({ name, help, choices }: Parameter, rank: number) {
  const refers = REFERS[name];
  return {
    ...{ key: name, help, rank, isRequired: true, settable: [] },
    ...(choices.length === 0 ? {} : { choices }),
    ...(refers === undefined ? {} : { refers }),
  };
}

function useSending({ isReading }: Command) {
  const client = useQueryClient();
  const abort = useRef<AbortController | null>(null);
  const [complaint, setComplaint] = useState<object | null>(null);
  const { mutateAsync, data, error, isPending } = useOnce({
    mutationFn: (question: Parameters<typeof send>[0]) => {
      setComplaint(null);
      abort.current = new AbortController();
      return send(question, abort.current.signal);
    },
    onSuccess: () => (isReading ? undefined : noteChange(client)),
  });
  return {
    ...{ mutateAsync, data, error, isPending, complaint, isIncomplete: complaint !== null },
    stop: () => abort.current?.abort(),
    complain: () => setComplaint({}),
  };
}
