/** A form that makes an object, out of what the API says of the command's keys. */
import { Fieldset, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { change } from "../api/client.ts";
import { sentenceOf } from "../api/errors.ts";
import { type Field, fieldsQuery } from "../api/fields.ts";
import { noteChange } from "../api/queries.ts";
import { useFirstField } from "./first-field.ts";
import { SubmitButton, SubmitForm } from "./form.tsx";
import { type Choices, KeyField } from "./key-field.tsx";
import { faultOf, grouped } from "./key-form.tsx";
import { useOnce } from "./once.ts";
import { Failure, Waiting } from "./page.tsx";
import { RequestShown } from "./request.tsx";
import { tell } from "./tell.ts";

type Props<T> = {
  /** Of the input, such as `DriveCreate`. */
  readonly schema: string;
  readonly path: readonly string[];
  readonly hint?: string;
  readonly submit: string;
  readonly made: string;
  readonly onMade: (object: T) => unknown;
  readonly choices?: Choices;
  /** Keys whose values are of what there is to choose, and nothing else. */
  readonly chosen?: readonly string[];
  /** Keys that are not asked for. */
  readonly leftOut?: readonly string[];
  /** What is told of the values as they are, before they are sent. */
  readonly note?: (values: Readonly<Record<string, string>>) => ReactNode;
};

export function CreateForm<T>(props: Props<T>) {
  const { data: fields, error, refetch } = useQuery(fieldsQuery(props.schema));
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (fields === undefined) return <Waiting />;
  return <Form {...props} fields={fields.filter(({ key }) => props.leftOut?.includes(key) !== true)} />;
}

function Form<T>({
  fields,
  path,
  hint,
  submit,
  made,
  onMade,
  choices = {},
  chosen = [],
  note = () => null,
}: Props<T> & { readonly fields: readonly Field[] }) {
  const client = useQueryClient();
  const form = useFirstField();
  const [given, setGiven] = useState<Readonly<Record<string, string>>>({});
  const values = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
  const { mutate, error, isPending } = useOnce({
    mutationFn: () => change<T>(path.join("/"), values),
    async onSuccess(object) {
      tell(made);
      await noteChange(client);
      await onMade(object);
    },
  });
  const fault = faultOf(
    error,
    fields.map(({ key }) => key),
  );
  const field = (each: Field) => (
    <KeyField
      key={each.key}
      field={each}
      choices={choices}
      isChosen={chosen.includes(each.key)}
      value={given[each.key] ?? ""}
      error={fault === each.key ? sentenceOf(error) : null}
      obstacle={null}
      onChange={(value) => setGiven({ ...given, [each.key]: value })}
    />
  );
  const first = fields.filter(({ isRequired }) => isRequired);
  const others = fields.filter(({ isRequired }) => !isRequired);
  return (
    <SubmitForm error={error} ref={form} onSubmit={() => mutate()}>
      <Stack gap="lg">
        {hint !== undefined && <Text c="dimmed">{hint}</Text>}
        {error !== null && fault === null && <Failure error={error} />}
        {first.length > 0 && (
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
            {first.map(field)}
          </SimpleGrid>
        )}
        {grouped(others).map(({ group, legend, members }) => (
          <Fieldset key={group} variant="unstyled" legend={legend}>
            <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg" mt="xs">
              {members.map(field)}
            </SimpleGrid>
          </Fieldset>
        ))}
        {note(values)}
        <Group>
          <SubmitButton isPending={isPending}>{submit}</SubmitButton>
        </Group>
        <RequestShown path={path} values={values} />
      </Stack>
    </SubmitForm>
  );
}
