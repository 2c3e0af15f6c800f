/**
 * `npm run bench [-- PART...]`: one table of ratios, each against a reference measured in the same run; all parts, or
 * those that are named.
 */
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { byteFigures } from "./bytes.ts";
import { hostileFigures } from "./hostile.ts";
import { imagingFigures } from "./imaging.ts";
import { launchFigures } from "./launch.ts";
import { memoryLines } from "./memory.ts";
import { NO_BOUNDS } from "./no-bounds.ts";
import { type Figure, table } from "./ratio.ts";
import { requestFigures } from "./requests.ts";
import { scaleFigures } from "./scale.ts";

const PARTS: Readonly<Record<string, (cloud: Cloud) => Promise<readonly Figure[]>>> = {
  requests: requestFigures,
  bytes: byteFigures,
  imaging: imagingFigures,
  launch: launchFigures,
  scale: scaleFigures,
  hostile: hostileFigures,
};

const named = process.argv.slice(2);
const unknown = named.find((name) => !(name in PARTS));
if (unknown !== undefined) {
  process.stderr.write(`There is no part ${unknown}: there are ${Object.keys(PARTS).join(", ")}\n`);
  process.exit(2);
}

const cloud = await openCloud(NO_BOUNDS);
try {
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (named.length === 0 || named.includes(name)) figures.push(...(await measure(cloud)));
  }
  const memory = named.length === 0 ? ["", ...(await memoryLines(cloud))] : [];
  for (const line of [...table(figures), ...memory]) process.stdout.write(`${line}\n`);
} finally {
  await cloud.close();
}
