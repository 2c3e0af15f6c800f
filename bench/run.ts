/**
 * `npm run bench [-- PART...]`: one table of ratios, each against a reference measured in the same run; those parts that are
 * named, or all of them but the peers, which run only when they are asked for. `npm run bench -- --compare COMMIT [PART...]`
 * runs them on a commit and on this checkout, in turns, and prints what changed; it fails where a row became slower.
 */
import { parseArgs } from "node:util";
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { byteFigures } from "./bytes.ts";
import { consoleFigures } from "./console.ts";
import { createFigures } from "./creates.ts";
import { hostileFigures } from "./hostile.ts";
import { imagingFigures } from "./imaging.ts";
import { launchFigures } from "./launch.ts";
import { listFigures } from "./lists.ts";
import { memoryLines } from "./memory.ts";
import { NO_BOUNDS } from "./no-bounds.ts";
import { peerFigures } from "./peers.ts";
import { priceFigures } from "./prices.ts";
import { type Figure, table } from "./ratio.ts";
import { requestFigures } from "./requests.ts";
import { SLOWER } from "./rows.ts";
import { sampleFigures } from "./samples.ts";
import { scaleFigures } from "./scale.ts";
import { startFigures } from "./start.ts";
import { toolFigures } from "./tools.ts";
import { trailFigures } from "./trail.ts";
import { usageFigures } from "./usage.ts";
import { compareWith } from "./versions.ts";

const PARTS: Readonly<Record<string, (cloud: Cloud) => Promise<readonly Figure[]>>> = {
  requests: requestFigures,
  bytes: byteFigures,
  tools: toolFigures,
  imaging: imagingFigures,
  creates: createFigures,
  launch: launchFigures,
  scale: scaleFigures,
  hostile: hostileFigures,
  start: startFigures,
  lists: listFigures,
  usage: usageFigures,
  prices: priceFigures,
  samples: sampleFigures,
  trail: trailFigures,
  console: consoleFigures,
  peers: peerFigures,
};
/** What is told in lines of its own, beside no reference: it is no part of the table. */
const MEMORY = "memory";
/** What installs programs that nothing else here needs. */
const ON_REQUEST = ["peers"];

const { values, positionals: named } = parseArgs({
  allowPositionals: true,
  options: { compare: { type: "string" } },
});
const unknown = named.find((name) => !(name in PARTS) && name !== MEMORY);
if (unknown !== undefined) {
  process.stderr.write(
    `There is no part ${unknown}: there are ${[...Object.keys(PARTS), MEMORY].join(", ")}\n`,
  );
  process.exit(2);
}

if (values.compare !== undefined) {
  const lines = await compareWith(values.compare, named);
  for (const line of lines) process.stdout.write(`${line}\n`);
  process.exit(lines.some((line) => line.endsWith(SLOWER)) ? 1 : 0);
}

const cloud = await openCloud(NO_BOUNDS);
try {
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (named.length === 0 ? !ON_REQUEST.includes(name) : named.includes(name))
      figures.push(...(await measure(cloud)));
  }
  const rows = figures.length === 0 ? [] : [...table(figures), ""];
  const memory = named.length === 0 || named.includes(MEMORY) ? await memoryLines(cloud) : [];
  for (const line of [...rows, ...memory]) process.stdout.write(`${line}\n`);
} finally {
  await cloud.close();
}
