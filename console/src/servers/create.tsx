/** A new server on one page: its system, its size, its network and how it is reached. */
import { Group, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { drivesQuery, noteChange, resourcesQuery, standardQuery } from "../api/queries.ts";
import { Cost } from "../money/cost.tsx";
import { SubmitButton, SubmitForm } from "../parts/form.tsx";
import { useOnce } from "../parts/once.ts";
import { Failure, PageHead, Panel, Waiting } from "../parts/page.tsx";
import { RequestShown } from "../parts/request.tsx";
import { tell } from "../parts/tell.ts";
import { SentenceWith } from "../parts/theirs.tsx";
import { CreateByAllKeys } from "./create-all.tsx";
import { amountsOf } from "./create-amounts.ts";
import { AccessFields, NetworkFields, SizeFields, SystemFields } from "./create-fields.tsx";
import {
  type Draft,
  driveFor,
  faultKeyOf,
  firstDraft,
  type Made,
  makeServer,
  requestsOf,
  valuesOf,
} from "./create-server.ts";
import { text } from "./text.ts";

const { creating } = text;

/** On one page, or by all keys: the address says which. */
export function CreateServer() {
  const { keys } = useSearch({ from: "/servers/create" });
  const isWhole = keys === "all";
  return (
    <>
      <PageHead
        title={creating.title}
        above={<Link to="/servers">← {text.title}</Link>}
        actions={
          <Link
            to="/servers/create"
            search={({ keys: _, ...kept }) => (isWhole ? kept : { ...kept, keys: "all" })}
          >
            {isWhole ? creating.onePage : creating.allKeys}
          </Link>
        }
      />
      {isWhole ? <CreateByAllKeys /> : <CreateOnOnePage />}
    </>
  );
}

function CreateOnOnePage() {
  const standard = useQuery(standardQuery);
  const drives = useQuery(drivesQuery);
  const resources = useQuery(resourcesQuery);
  const error = standard.error ?? drives.error ?? resources.error;
  const retry = () => {
    for (const { refetch } of [standard, drives, resources]) void refetch();
  };
  // Addresses and VLANs are chosen last, and few have any: they come by and by.
  const isThere = standard.data !== undefined && drives.data !== undefined;
  return (
    <>
      {error !== null && <Failure error={error} onRetry={retry} />}
      {!isThere && error === null && <Waiting />}
      {isThere && <Form standard={standard.data} drives={drives.data} resources={resources.data ?? []} />}
    </>
  );
}

type Known = Parameters<typeof SystemFields>[0]["known"];

function Form(known: Known) {
  const { image, drive } = useSearch({ from: "/servers/create" });
  const [draft, setDraft] = useState<Draft>(() => firstDraft(known, { image, drive }));
  const [made, setMade] = useState<Made>({});
  const creation = useCreation(draft, known, made, setMade);
  const { error, isPending } = creation;
  const kept = driveFor(draft, known, made);
  const change = (changed: Partial<Draft>) => setDraft((before) => ({ ...before, ...changed }));
  const fields = { draft, change, known, fault: faultKeyOf(error), error };
  return (
    <SubmitForm error={error} onSubmit={() => creation.mutate()}>
      <Stack>
        {error !== null && fields.fault === null && <Failure title={creating.failed} error={error} />}
        {error !== null && made.drive !== undefined && (
          <Text size="sm">
            <SentenceWith
              says={kept === undefined ? creating.driveGivenUp : creating.driveMade}
              theirs={made.drive.plan.name}
            />
          </Text>
        )}
        <Panel title={creating.what}>
          <SystemFields {...fields} />
        </Panel>
        <Panel title={creating.size}>
          <SizeFields {...fields} />
        </Panel>
        <Panel title={creating.network}>
          <NetworkFields {...fields} />
        </Panel>
        <Panel title={creating.access}>
          <AccessFields {...fields} />
        </Panel>
        <Cost amounts={amountsOf(draft, known, made)} runs />
        <Group>
          <SubmitButton isPending={isPending}>{creating.submit}</SubmitButton>
          <Text size="sm" role="status">
            {isPending && (made.step ?? creating.steps.drive)}
          </Text>
        </Group>
        {isPending && (
          <Text size="sm" c="dimmed">
            {creating.leave}
          </Text>
        )}
        <RequestShown
          before={requestsOf(draft, known, made)}
          path={["servers", "create"]}
          values={valuesOf(draft, kept?.uuid ?? "DRIVE")}
        />
      </Stack>
    </SubmitForm>
  );
}

/** What was made before something failed is used when it is tried again, where that is still what is wanted. */
function useCreation(draft: Draft, known: Known, made: Made, setMade: (made: Made) => void) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useOnce({
    mutationFn: () => makeServer(draft, known, made, setMade),
    async onSuccess({ server }) {
      tell(creating.made);
      await noteChange(client);
      await navigate({ to: "/servers/$uuid", params: { uuid: server }, search: { tab: "screen" } });
    },
    onError: () => void noteChange(client),
  });
}
