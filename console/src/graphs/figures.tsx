/** What graphs show, as a table: of longer steps where there are many. */
import { Table, Text } from "@mantine/core";
import { Panel } from "../parts/page.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import type { Graph } from "./graph.ts";
import classes from "./graphs.module.css";
import { MOMENT } from "./moments.ts";
import { RANGES, type Range, type Sampled } from "./ranges.ts";
import { gathered, steps } from "./samples.ts";
import { text } from "./text.ts";

type Props = { readonly graphs: readonly Graph[]; readonly range: Range; readonly sampled: Sampled };

export function Figures({ graphs, range, sampled: { from, to, rows } }: Props) {
  const columns = graphs.flatMap((graph) =>
    graph.lines
      .filter(({ name }) => name !== text.lines.given)
      .map((line) => ({ ...line, graph, title: titleOf(graph, line.name) })),
  );
  const shown = steps(gathered(rows, RANGES[range].rowS), from, to).toReversed();
  return (
    <Panel>
      <Text size="sm" c="dimmed" mb="sm">
        {text.tables[range]}
      </Text>
      <WideTable label={text.tables.label} minWidth={860}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{text.time}</Table.Th>
            {columns.map(({ title }) => (
              <Table.Th key={title} className={classes.heading}>
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map(([time, row]) => (
            <Table.Tr key={time}>
              <Table.Th scope="row" className={classes.amount}>
                {MOMENT[range](time)}
              </Table.Th>
              {row === null ? (
                <Table.Td colSpan={columns.length} c="dimmed">
                  {text.notRunning}
                </Table.Td>
              ) : (
                columns.map(({ title, of, graph }) => (
                  <Table.Td key={title} className={classes.number}>
                    {graph.shown(of(row))}
                  </Table.Td>
                ))
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </WideTable>
    </Panel>
  );
}

/** Of a graph with one line of its own the graph's title says it. */
const titleOf = ({ title, lines }: Graph, name: string) =>
  lines.some((line) => line.name === text.lines.given) ? title : `${title}: ${name.toLowerCase()}`;
