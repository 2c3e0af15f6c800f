/** What a server used: graphs over a range of time that is in the address, and the same as a table. */
import { Group, SegmentedControl, Stack, Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { type Server, textOf } from "../api/objects.ts";
import { Empty, Failure, Panel, Waiting } from "../parts/page.tsx";
import { Figures } from "./figures.tsx";
import { type Graph, graphsOf, type Line } from "./graph.ts";
import classes from "./graphs.module.css";
import { MOMENT } from "./moments.ts";
import { Plot } from "./plot.tsx";
import { RANGES, type Range, rangeOf, type Sampled, samplesQuery } from "./ranges.ts";
import { type Points, steps } from "./samples.ts";
import { text } from "./text.ts";

export function Graphs({ server }: { server: Server }) {
  const search = useSearch({ from: "/servers/$uuid" });
  const navigate = useNavigate({ from: "/servers/$uuid" });
  const range = rangeOf(search.range);
  const { data, error, refetch } = useQuery(samplesQuery(server.server, range));
  const isTable = search.figures === true;
  return (
    <Stack>
      <Group justify="space-between">
        <SegmentedControl
          className={classes.ranges}
          aria-label={text.range}
          value={range}
          data={(Object.keys(RANGES) as Range[]).map((value) => ({ value, label: text.ranges[value] }))}
          onChange={(next) => void navigate({ search: { ...search, range: next } })}
        />
        <Switch
          label={text.asTable}
          checked={isTable}
          onChange={({ currentTarget: { checked } }) =>
            void navigate({
              search: ({ figures: _, ...rest }) => (checked ? { ...rest, figures: true } : rest),
            })
          }
        />
      </Group>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && (
        <div className={classes.waiting}>
          <Waiting />
        </div>
      )}
      {data !== undefined && <Shown server={server} range={range} sampled={data} isTable={isTable} />}
    </Stack>
  );
}

type ShownProps = {
  readonly server: Server;
  readonly range: Range;
  readonly sampled: Sampled;
  readonly isTable: boolean;
};

function Shown({ server, range, sampled, isTable }: ShownProps) {
  const { cpu, mem } = server;
  // A server is read anew every now and then: its graphs are others only where these are.
  const graphs = useMemo(() => graphsOf({ server: "", ...pick(cpu, mem) }), [cpu, mem]);
  if (sampled.rows.length === 0) {
    const isActive = textOf(server.status) !== "stopped";
    const hint = range === "hour" && isActive ? text.emptyActive : emptyHint(range, isActive);
    return <Empty title={text.emptyTitle}>{hint}</Empty>;
  }
  if (isTable) return <Figures graphs={graphs} range={range} sampled={sampled} />;
  return (
    <>
      <div className={classes.grid}>
        {graphs.map((graph) => (
          <GraphPanel key={graph.title} graph={graph} range={range} sampled={sampled} />
        ))}
      </div>
      <Text size="sm" c="dimmed">
        {text.gaps}
      </Text>
    </>
  );
}

const emptyHint = (range: Range, isActive: boolean) =>
  isActive ? text.emptyActive : `${text.emptyStopped} ${text.emptyRange(text.ranges[range])}`;

const pick = (cpu: string | undefined, mem: string | undefined) => ({
  ...(cpu === undefined ? {} : { cpu }),
  ...(mem === undefined ? {} : { mem }),
});

type PanelProps = Pick<ShownProps, "range" | "sampled"> & { readonly graph: Graph };

function GraphPanel({ graph, range, sampled }: PanelProps) {
  const { from, to, rows } = sampled;
  const [pointed, setPointed] = useState<number | null>(null);
  const { times, lines } = useMemo(() => {
    const all = steps(rows, from, to);
    return {
      times: all.map(([time]) => time),
      lines: graph.lines.map(({ of }) => all.map(([, row]) => (row === null ? null : of(row)))),
    };
  }, [graph, rows, from, to]);
  const shown = pointed ?? latestOf(lines);
  const time = times[shown];
  return (
    <Panel
      title={graph.title}
      aside={
        <Text size="sm" c="dimmed" className={classes.amount}>
          {time !== undefined && text.at(MOMENT[range](time))}
        </Text>
      }
    >
      <ul className={classes.legend}>
        {graph.lines.map((line, index) => (
          <LegendLine key={line.name} line={line}>
            {amountAt(graph, lines[index]?.[shown])}
          </LegendLine>
        ))}
      </ul>
      <Plot
        {...{ graph, range, from, to, times, lines }}
        label={summaryOf(graph, lines)}
        onPoint={setPointed}
      />
    </Panel>
  );
}

const LegendLine = ({ line, children }: { readonly line: Line; readonly children: string }) => (
  <li>
    <svg width="24" height="6" className={classes.line} aria-hidden="true">
      <line
        x1="0"
        x2="24"
        y1="3"
        y2="3"
        strokeWidth="2"
        stroke={`var(--graph-${line.isSecond ? "second" : "first"})`}
        strokeDasharray={line.isSecond ? "6 3" : undefined}
      />
    </svg>
    {line.name}
    <Text span size="sm" c="dimmed" className={classes.amount}>
      {children}
    </Text>
  </li>
);

/** Where the latest amount is. */
const latestOf = ([points = []]: readonly Points[]) => points.findLastIndex((point) => point !== null);

const amountAt = ({ shown }: Graph, amount: number | null | undefined): string =>
  amount === undefined || amount === null ? text.none : shown(amount);

/** For whoever does not see the graph. */
function summaryOf({ title, lines, shown }: Graph, all: readonly Points[]): string {
  const said = lines.map(({ name }, index) => {
    const points = (all[index] ?? []).filter((point) => point !== null);
    const latest = points.at(-1);
    if (latest === undefined) return text.lineNone(name);
    const [least, most] = [Math.min(...points), Math.max(...points)];
    return text.lineSummary(name, shown(least), shown(most), shown(latest));
  });
  return text.summary(title, said);
}
