/** What other programs are told: the hooks of the cloud, and what was sent to each. */

import { Button, Group, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { change } from "../api/client.ts";
import { numberOf, textOf } from "../api/objects.ts";
import { count, moment } from "../parts/amounts.ts";
import { CreateForm } from "../parts/create-form.tsx";
import { DestroyListed } from "../parts/destroy.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icons.tsx";
import { useOpenDialog } from "../parts/open-dialog.ts";
import { Empty, Failure, PageHead, Panel, Waiting } from "../parts/page.tsx";
import { RowButton } from "../parts/row-button.tsx";
import { ShownOnce } from "../parts/shown-once.tsx";
import { tell } from "../parts/tell.ts";
import { WideTable } from "../parts/wide-table.tsx";
import { ForAdmins } from "./frame.tsx";
import type { Webhook } from "./objects.ts";
import { deliveriesQuery, webhooksQuery } from "./queries.ts";
import { text } from "./text.ts";

const { webhooks: said } = text;

export const CloudWebhooks = () => (
  <ForAdmins>
    <Webhooks />
  </ForAdmins>
);

function Webhooks() {
  const { data: hooks, error, refetch } = useQuery(webhooksQuery);
  const [secret, setSecret] = useState<string | null>(null);
  const { dialog, open } = useOpenDialog();
  const hookOf = (what: string) => hooks?.find(({ webhook }) => dialog === `${what} ${webhook}`);
  const [removed, logged] = [hookOf("remove"), hookOf("log")];
  const create = (
    <Button leftSection={<Icon name="add" />} onClick={() => open("add")}>
      {said.create}
    </Button>
  );
  const hasSome = hooks !== undefined && hooks.length > 0;
  const made = (hook: Webhook) => {
    setSecret(textOf(hook.secret));
    open();
  };
  return (
    <>
      <PageHead title={said.title} actions={hasSome ? create : undefined} />
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {hooks === undefined && error === null && <Waiting />}
      {secret !== null && <ShownOnce secret={secret} says={said.secret} onDone={() => setSecret(null)} />}
      {hooks?.length === 0 && (
        <Empty title={said.emptyTitle} actions={create}>
          {said.empty}
        </Empty>
      )}
      {hasSome && <HookTable hooks={hooks} open={open} />}
      {dialog === "add" && (
        <Dialog size="lg" title={said.create} onClose={() => open()}>
          <CreateForm<Webhook>
            schema="WebhookCreate"
            path={["webhooks", "create"]}
            hint={said.hint}
            submit={said.create}
            made={said.made}
            onMade={made}
          />
        </Dialog>
      )}
      {removed !== undefined && <Removing hook={removed} onClose={() => open()} />}
      {logged !== undefined && (
        <Dialog size="lg" title={said.logTitle(logged.url)} onClose={() => open()}>
          <Log hook={logged} />
        </Dialog>
      )}
    </>
  );
}

type TableProps = { readonly hooks: readonly Webhook[]; readonly open: (dialog: string) => void };

function HookTable({ hooks, open }: TableProps) {
  return (
    <Panel>
      <WideTable label={said.title} minWidth={300}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{said.columns.url}</Table.Th>
            <Table.Th data-secondary>{said.columns.events}</Table.Th>
            <Table.Th data-secondary ta="right">
              {said.columns.waiting}
            </Table.Th>
            <Table.Th data-secondary>{said.columns.error}</Table.Th>
            <Table.Td />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {hooks.map(({ webhook, url, events, waiting, error }) => (
            <Table.Tr key={webhook}>
              <Table.Td miw="9rem" style={{ overflowWrap: "anywhere" }}>
                {url}
              </Table.Td>
              <Table.Td data-secondary>{textOf(events)}</Table.Td>
              <Table.Td data-secondary ta="right">
                {count(numberOf(waiting))}
              </Table.Td>
              <Table.Td data-secondary>{textOf(error)}</Table.Td>
              <Table.Td>
                <Group justify="flex-end" gap="xs">
                  <Button size="xs" variant="default" onClick={() => open(`log ${webhook}`)}>
                    {said.log}
                  </Button>
                  <RowButton label={said.test} act={() => test(webhook)} failed={said.testFailed} />
                  <Button size="xs" variant="default" onClick={() => open(`remove ${webhook}`)}>
                    {said.remove}
                  </Button>
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </WideTable>
    </Panel>
  );
}

async function test(webhook: string): Promise<void> {
  const { status, error } = await change<Readonly<Record<string, string | number>>>(
    `webhooks/${webhook}/test`,
  );
  if (error !== undefined) throw new Error(textOf(error));
  tell(said.tested(textOf(status)));
}

const Removing = ({ hook: { webhook, url }, onClose }: { hook: Webhook; onClose: () => void }) => (
  <DestroyListed
    what="webhook"
    isRemoval
    name={url}
    asked={{ path: ["webhooks", webhook, "destroy"] }}
    done={said.removed}
    onClose={onClose}
  >
    {said.removeNote}
  </DestroyListed>
);

function Log({ hook: { webhook, url } }: { hook: Webhook }) {
  const { data: deliveries, error, refetch } = useQuery(deliveriesQuery(webhook));
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (deliveries === undefined) return <Waiting />;
  if (deliveries.length === 0) return <Text c="dimmed">{said.logEmpty}</Text>;
  return (
    <WideTable label={said.logTitle(url)} minWidth={300}>
      <Table.Thead>
        <Table.Tr>
          {Object.values(said.logColumns).map((name) => (
            <Table.Th key={name}>{name}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {deliveries.toReversed().map(({ delivery, time, event, state, attempts, status, error: why }) => (
          <Table.Tr key={delivery}>
            <Table.Td>{moment(numberOf(time))}</Table.Td>
            <Table.Td>{event}</Table.Td>
            <Table.Td>{state}</Table.Td>
            <Table.Td>{count(numberOf(attempts))}</Table.Td>
            <Table.Td>{textOf(status) || textOf(why)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}
