/** Who else may read a drive: users by their UUIDs, or everybody. */
import { Box, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { change } from "../api/client.ts";
import { sentenceOf } from "../api/errors.ts";
import { type Drive, wordsOf } from "../api/objects.ts";
import { noteChange } from "../api/queries.ts";
import { SubmitButton, SubmitForm, useRefusalSeen } from "../parts/form.tsx";
import { faultOf } from "../parts/key-form.tsx";
import { useOnce } from "../parts/once.ts";
import { Failure, Panel } from "../parts/page.tsx";
import { RequestShown } from "../parts/request.tsx";
import { tell } from "../parts/tell.ts";
import { text } from "./text.ts";

const EVERYBODY = "ffffffff-ffff-ffff-ffff-ffffffffffff";

const { sharing } = text;

export function Sharing({ drive }: { drive: Drive }) {
  const client = useQueryClient();
  const readers = wordsOf(drive.readers);
  const [user, setUser] = useState("");
  const path = ["drives", drive.drive, "set"];
  const { mutate, error, isPending } = useOnce({
    mutationFn: (next: readonly string[]) =>
      change(path.join("/"), { readers: next.length === 0 ? null : next.join(" ") }),
    async onSuccess() {
      setUser("");
      tell(sharing.saved);
      await noteChange(client);
    },
  });
  const whole = useRef<HTMLDivElement>(null);
  useRefusalSeen(whole, error);
  const fault = faultOf(error, ["readers"]);
  const wanted = user.trim();
  const submit = () => {
    if (wanted !== "") mutate([...readers, wanted]);
  };
  const next = wanted === "" ? readers : [...readers, wanted];
  return (
    <Panel title={sharing.title}>
      <Stack maw={640} ref={whole}>
        {error !== null && fault === null && <Failure error={error} />}
        <Text size="sm">{sharing.note}</Text>
        <Readers readers={readers} isPending={isPending} onChange={mutate} />
        <SubmitForm error={null} onSubmit={submit}>
          <Group align={fault === null ? "flex-end" : "center"} wrap="wrap">
            <TextInput
              label={sharing.user}
              description={sharing.userHint}
              inputWrapperOrder={["label", "description", "input", "error"]}
              value={user}
              error={fault === null ? null : sentenceOf(error)}
              autoComplete="off"
              flex="1 1 18rem"
              onChange={({ currentTarget: { value } }) => setUser(value)}
            />
            <SubmitButton isPending={isPending} obstacle={wanted === "" ? sharing.userFirst : null}>
              {sharing.add}
            </SubmitButton>
          </Group>
        </SubmitForm>
        {!readers.includes(EVERYBODY) && (
          <Group justify="space-between" wrap="wrap">
            <Text size="sm" flex="1 1 18rem">
              {sharing.everybodyNote}
            </Text>
            <Button variant="default" loading={isPending} onClick={() => mutate([...readers, EVERYBODY])}>
              {sharing.addEverybody}
            </Button>
          </Group>
        )}
        <RequestShown path={path} values={{ readers: next.length === 0 ? null : next.join(" ") }} />
      </Stack>
    </Panel>
  );
}

type ReadersProps = {
  readonly readers: readonly string[];
  readonly isPending: boolean;
  readonly onChange: (readers: readonly string[]) => void;
};

function Readers({ readers, isPending, onChange }: ReadersProps) {
  if (readers.length === 0)
    return (
      <Text size="sm" fw={600}>
        {sharing.nobody}
      </Text>
    );
  return (
    <Box component="ul" p={0} m={0} style={{ listStyle: "none" }} aria-label={sharing.title}>
      {readers.map((reader) => {
        const name = reader === EVERYBODY ? sharing.everybody : reader;
        return (
          <Box component="li" key={reader} mb="xs">
            <Group justify="space-between" gap="xs">
              <Text size="sm" fw={600} flex="1 1 12rem" style={{ overflowWrap: "anywhere" }}>
                {name}
              </Text>
              <Button
                size="xs"
                variant="default"
                loading={isPending}
                aria-label={sharing.removeOf(name)}
                onClick={() => onChange(readers.filter((other) => other !== reader))}
              >
                {sharing.remove}
              </Button>
            </Group>
          </Box>
        );
      })}
    </Box>
  );
}
