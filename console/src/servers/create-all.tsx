/** A new server by all keys that the command takes, as the API describes them. */
import { Group, Stack, Switch } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { change } from "../api/client.ts";
import { type WholeForm, wholeFormQuery } from "../api/fields.ts";
import type { Server } from "../api/objects.ts";
import { noteChange } from "../api/queries.ts";
import { AllKeys, faultIn, useGiven } from "../parts/all-keys.tsx";
import { SubmitButton, SubmitForm } from "../parts/form.tsx";
import { useOnce } from "../parts/once.ts";
import { Failure, Panel, Waiting } from "../parts/page.tsx";
import { RequestShown } from "../parts/request.tsx";
import { tell } from "../parts/tell.ts";
import { useChoices } from "./choices.ts";
import { text } from "./text.ts";

const { creating } = text;

export function CreateByAllKeys() {
  const { data: form, error, refetch } = useQuery(wholeFormQuery("ServerCreate"));
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  return form === undefined ? <Waiting /> : <Form form={form} />;
}

function Form({ form }: { readonly form: WholeForm }) {
  const [isStarted, setStarted] = useState(true);
  const given = useGiven();
  const choices = useChoices();
  const client = useQueryClient();
  const navigate = useNavigate();
  const path = ["servers", "create", ...(isStarted ? [] : ["stopped"])];
  const { mutate, isPending, error } = useOnce({
    mutationFn: () => change<Server>(path.join("/"), given.values),
    async onSuccess({ server }) {
      tell(isStarted ? creating.made : creating.madeStopped);
      await noteChange(client);
      const search = isStarted ? { tab: "screen" } : {};
      await navigate({ to: "/servers/$uuid", params: { uuid: server }, search });
    },
  });
  return (
    <SubmitForm error={error} onSubmit={() => mutate()}>
      <Stack>
        {error !== null && faultIn({ form, given, error }) === null && (
          <Failure title={creating.failed} error={error} />
        )}
        <Panel>
          <AllKeys form={form} given={given} error={error} choices={choices} byKey />
        </Panel>
        <Switch
          label={creating.start}
          checked={isStarted}
          onChange={({ currentTarget: { checked } }) => setStarted(checked)}
        />
        <Group>
          <SubmitButton isPending={isPending}>{creating.submit}</SubmitButton>
        </Group>
        <RequestShown path={path} values={given.values} />
      </Stack>
    </SubmitForm>
  );
}
