/** The months of which there are invoices. */
import { Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Failure, Panel, Waiting } from "../parts/page.tsx";
import { invoicesQuery, lastMonths } from "./queries.ts";
import { text } from "./text.ts";

const { invoices: said } = text;

export function Invoices() {
  const { data: months, error, refetch } = useQuery(invoicesQuery);
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (months === undefined) return <Waiting />;
  const [now] = lastMonths(1);
  return (
    <Panel title={said.title}>
      {months.length === 0 ? (
        <Text c="dimmed">{said.empty}</Text>
      ) : (
        <Table verticalSpacing="sm" aria-label={said.title}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{said.month}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {[...months].reverse().map(({ month }) => (
              <Table.Tr key={month}>
                <Table.Td>
                  <Link to="/account/invoices/$month" params={{ month }}>
                    {month}
                  </Link>
                  {month === now?.name && ` (${said.open})`}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Panel>
  );
}
