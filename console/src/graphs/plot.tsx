/** One graph, drawn on a canvas as wide as its place, in the colours of the scheme. */
import { useComputedColorScheme } from "@mantine/core";
import { type RefObject, useEffect, useRef } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Graph } from "./graph.ts";
import classes from "./graphs.module.css";
import { AXIS } from "./moments.ts";
import type { Range } from "./ranges.ts";
import type { Points } from "./samples.ts";

const HEIGHT_PX = 180;
const DASH = [6, 4];
const LINE_PX = 2;
/** Room for the longest amount beside a graph. */
const AMOUNTS_PX = 76;
/** Room for the times below it. */
const TIMES_PX = 28;
/** Room around, so that marks at an end are whole: above, right, below, left. */
const AROUND_PX: UPlot.Padding = [8, 16, 0, 0];
const FONT_PX = 12;
/** How far apart marks are at least. */
const TIME_MARK_PX = 64;
const AMOUNT_MARK_PX = 36;

export type PlotProps = {
  readonly graph: Graph;
  readonly range: Range;
  readonly from: number;
  readonly to: number;
  readonly times: readonly number[];
  readonly lines: readonly Points[];
  readonly label: string;
  /** Told which of the times is pointed at; null: none. */
  readonly onPoint: (index: number | null) => void;
};

export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  usePlot(place, props);
  return <div ref={place} className={classes.plot} role="img" aria-label={props.label} />;
}

function usePlot(place: RefObject<HTMLDivElement | null>, props: PlotProps): void {
  const scheme = useComputedColorScheme();
  const { graph, range, from, to, times, lines, onPoint } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another scheme has other colours
  useEffect(() => {
    const { current: target } = place;
    if (target === null) return;
    const options = optionsOf({ graph, range, from, to, onPoint }, target);
    const plot = new UPlot(options, [[...times], ...lines.map((points) => [...points])], target);
    const resizing = new ResizeObserver(() => plot.setSize({ width: target.clientWidth, height: HEIGHT_PX }));
    resizing.observe(target);
    return () => {
      resizing.disconnect();
      plot.destroy();
    };
  }, [place, graph, range, from, to, times, lines, onPoint, scheme]);
}

type Shown = Pick<PlotProps, "graph" | "range" | "from" | "to" | "onPoint">;

function optionsOf({ graph, range, from, to, onPoint }: Shown, target: HTMLElement): UPlot.Options {
  const style = getComputedStyle(target);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const font = `${FONT_PX}px ${style.fontFamily}`;
  const axis: UPlot.Axis = {
    ...{ font, stroke: colour("--graph-words") },
    grid: { stroke: colour("--graph-grid"), width: 1 },
    ticks: { show: false },
  };
  return {
    ...{ width: target.clientWidth, height: HEIGHT_PX },
    padding: AROUND_PX,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { time: true, range: [from, to] },
      y: { range: (_plot, _least, most) => [0, Math.max(most, 1) * 1.05] },
    },
    series: [
      {},
      ...graph.lines.map(({ name, isSecond }) => ({
        label: name,
        stroke: colour(isSecond ? "--graph-second" : "--graph-first"),
        width: LINE_PX,
        ...(isSecond ? { dash: DASH } : {}),
        spanGaps: false,
        points: { show: isAlone, size: 4 },
      })),
    ],
    axes: [
      { ...axis, size: TIMES_PX, space: TIME_MARK_PX, values: (_plot, marks) => marks.map(AXIS[range]) },
      {
        ...{ ...axis, size: AMOUNTS_PX, space: AMOUNT_MARK_PX },
        incrs: graph.isBytes ? POWERS_OF_TWO : TENS,
        values: (_plot, marks) => marks.map(graph.shown),
      },
    ],
    hooks: { setCursor: [({ cursor: { idx } }) => onPoint(idx ?? null)] },
  };
}

/** Whether the points themselves are drawn: of one between two gaps no line would be seen. */
const isAlone = (plot: UPlot, line: number): boolean => {
  const points = plot.data[line] ?? [];
  return points.some(
    (point, index) => point != null && points[index - 1] == null && points[index + 1] == null,
  );
};

const POWERS_OF_TWO = Array.from({ length: 60 }, (_, power) => 2 ** power);
const TENS = Array.from({ length: 14 }, (_, power) => [1, 2, 5].map((one) => one * 10 ** (power - 1))).flat();
