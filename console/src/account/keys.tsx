/** The API keys of the account. */

import { Button, Group, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type ApiKey, numberOf, textOf } from "../api/objects.ts";
import { keysQuery } from "../api/queries.ts";
import { moment } from "../parts/amounts.ts";
import { CreateForm } from "../parts/create-form.tsx";
import { DestroyListed } from "../parts/destroy.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icons.tsx";
import { useOpenDialog } from "../parts/open-dialog.ts";
import { Failure, Mono, Panel, Waiting } from "../parts/page.tsx";
import { ShownOnce } from "../parts/shown-once.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { text } from "./text.ts";

const { keys: said } = text;

/** Of the address: the dialog that makes one, and what that begins with which destroys one. */
const CREATE = "create";
const DESTROY = "destroy ";

export function Keys() {
  const { data: keys, error, refetch } = useQuery(keysQuery);
  const { dialog = "", open } = useOpenDialog();
  const [secret, setSecret] = useState<string | null>(null);
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (keys === undefined) return <Waiting />;
  const made = ({ secret = "" }: ApiKey) => {
    open();
    setSecret(textOf(secret));
  };
  const destroyed = keys.find(({ key }) => dialog === DESTROY + key);
  return (
    <Panel
      title={text.tabs.keys}
      aside={
        <Button leftSection={<Icon name="add" />} onClick={() => open(CREATE)}>
          {said.create}
        </Button>
      }
    >
      {secret !== null && <ShownOnce secret={secret} says={said.secret} onDone={() => setSecret(null)} />}
      <KeyTable keys={keys} onDestroy={({ key }) => open(DESTROY + key)} />
      {dialog === CREATE && (
        <Dialog title={said.create} onClose={() => open()}>
          <CreateForm<ApiKey>
            schema="KeyCreate"
            path={["profile", "keys", "create"]}
            submit={said.create}
            made={said.made}
            onMade={made}
          />
        </Dialog>
      )}
      {destroyed !== undefined && <Destroying apiKey={destroyed} onClose={() => open()} />}
    </Panel>
  );
}

type TableProps = { readonly keys: readonly ApiKey[]; readonly onDestroy: (key: ApiKey) => void };

const KeyTable = ({ keys, onDestroy }: TableProps) => (
  <WideTable label={text.tabs.keys} minWidth={300}>
    <Table.Thead>
      <Table.Tr>
        <Table.Th>{said.name}</Table.Th>
        <Table.Th>{said.scope}</Table.Th>
        <Table.Th data-secondary>{said.hint}</Table.Th>
        <Table.Th data-secondary>{said.used}</Table.Th>
        <Table.Th data-secondary>{said.expires}</Table.Th>
        <Table.Td />
      </Table.Tr>
    </Table.Thead>
    <Table.Tbody>
      {keys.map((key) => (
        <Table.Tr key={key.key}>
          <Table.Td>{textOf(key.name)}</Table.Td>
          <Table.Td>{textOf(key.scope)}</Table.Td>
          <Table.Td data-secondary>
            <Mono>{textOf(key.hint)}</Mono>
          </Table.Td>
          <Table.Td data-secondary>{when(key.used)}</Table.Td>
          <Table.Td data-secondary>{when(key.expires)}</Table.Td>
          <Table.Td ta="right">
            <Group justify="flex-end">
              <Button size="xs" variant="default" onClick={() => onDestroy(key)}>
                {said.destroy}
              </Button>
            </Group>
          </Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </WideTable>
);

const when = (seconds: ApiKey[string]) => (seconds === undefined ? said.never : moment(numberOf(seconds)));

const Destroying = ({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) => (
  <DestroyListed
    what="key"
    name={textOf(apiKey.name)}
    asked={{ path: ["profile", "keys", apiKey.key, "destroy"] }}
    done={said.destroyed}
    onClose={onClose}
  >
    {said.note}
  </DestroyListed>
);
