/** The graphs of a server: what each has lines for, and how its amounts are written. */
import { numberOf, type Server } from "../api/objects.ts";
import { bytes, megabytes, megahertz } from "../parts/amounts.ts";
import { rate, type SampleRow } from "./samples.ts";
import { text } from "./text.ts";

export type Line = {
  readonly name: string;
  readonly of: (row: SampleRow) => number;
  /** The second of two: it is dashed, and has another colour. */
  readonly isSecond: boolean;
};

export type Graph = {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly shown: (amount: number) => string;
  /** Whether amounts are of bytes, and so are marked at powers of two. */
  readonly isBytes: boolean;
};

const perSecond = (amount: number) => text.perSecond(bytes(amount));
const requests = (amount: number) =>
  text.perSecond(amount.toLocaleString("en", { maximumFractionDigits: amount < 10 ? 1 : 0 }));

/** Rounded to what can be told of a mean. */
const mhz = (amount: number) => megahertz(Math.round(amount));

const pair = (
  first: readonly [string, (row: SampleRow) => number],
  second: readonly [string, (row: SampleRow) => number],
): readonly Line[] => [
  { name: first[0], of: first[1], isSecond: false },
  { name: second[0], of: second[1], isSecond: true },
];

export function graphsOf(server: Server): readonly Graph[] {
  const { graphs, lines } = text;
  const [cpu, mem] = [numberOf(server.cpu), numberOf(server.mem)];
  return [
    {
      title: graphs.cpu,
      lines: pair([lines.used, (row) => row.cpu], [lines.given, () => cpu]),
      ...{ shown: mhz, isBytes: false },
    },
    {
      title: graphs.mem,
      lines: pair([lines.used, (row) => row.mem * 2 ** 20], [lines.given, () => mem * 2 ** 20]),
      ...{ shown: (amount) => megabytes(amount / 2 ** 20), isBytes: true },
    },
    {
      title: graphs.network,
      lines: pair([lines.received, rate("rx:bytes")], [lines.sent, rate("tx:bytes")]),
      ...{ shown: perSecond, isBytes: true },
    },
    {
      title: graphs.drives,
      lines: pair([lines.read, rate("read:bytes")], [lines.written, rate("write:bytes")]),
      ...{ shown: perSecond, isBytes: true },
    },
    {
      title: graphs.requests,
      lines: pair([lines.read, rate("read:requests")], [lines.written, rate("write:requests")]),
      ...{ shown: requests, isBytes: false },
    },
  ];
}
