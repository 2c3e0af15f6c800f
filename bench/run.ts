/** `npm run bench`: one table of ratios, each against a reference measured in the same run. */
import { openCloud } from "../test/cloud.ts";
import { byteFigures } from "./bytes.ts";
import { launchFigure } from "./launch.ts";
import { memoryLines } from "./memory.ts";
import { table } from "./ratio.ts";
import { requestFigures } from "./requests.ts";

const cloud = await openCloud();
try {
  const figures = [
    ...(await requestFigures(cloud)),
    ...(await byteFigures(cloud)),
    await launchFigure(cloud),
  ];
  for (const line of [...table(figures), "", ...(await memoryLines(cloud))])
    process.stdout.write(`${line}\n`);
} finally {
  await cloud.close();
}
