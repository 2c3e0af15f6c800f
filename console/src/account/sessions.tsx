/** The sessions of the account: each is a browser that is logged in. */
import { Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { change } from "../api/client.ts";
import { numberOf, textOf } from "../api/objects.ts";
import { sessionsQuery } from "../api/queries.ts";
import { moment } from "../parts/amounts.ts";
import { Failure, Mono, Panel, Waiting } from "../parts/page.tsx";
import { RowButton } from "../parts/row-button.tsx";
import { tell } from "../parts/tell.ts";
import { WideTable } from "../parts/wide-table.tsx";
import { text } from "./text.ts";

const { sessions: said } = text;

async function end(session: string): Promise<void> {
  await change(`profile/sessions/${session}/destroy`);
  tell(said.ended);
}

export function Sessions() {
  const { data: sessions, error, refetch } = useQuery(sessionsQuery);
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (sessions === undefined) return <Waiting />;
  return (
    <Panel title={text.tabs.sessions}>
      <WideTable label={text.tabs.sessions} minWidth={300}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{said.address}</Table.Th>
            <Table.Th data-secondary>{said.begun}</Table.Th>
            <Table.Th>{said.used}</Table.Th>
            <Table.Th data-secondary>{said.ends}</Table.Th>
            <Table.Td />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sessions.map(({ session, address, created, used, expires, current }) => (
            <Table.Tr key={session}>
              <Table.Td miw="7rem">
                <Mono>{textOf(address)}</Mono>
              </Table.Td>
              <Table.Td data-secondary>{moment(numberOf(created))}</Table.Td>
              <Table.Td>{moment(numberOf(used))}</Table.Td>
              <Table.Td data-secondary>{moment(numberOf(expires))}</Table.Td>
              <Table.Td ta="right">
                {textOf(current) === "true" ? (
                  <Text size="sm">{said.current}</Text>
                ) : (
                  <RowButton label={said.end} act={() => end(session)} failed={said.failed} />
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </WideTable>
    </Panel>
  );
}
