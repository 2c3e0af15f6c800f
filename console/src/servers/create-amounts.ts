/** How much of what a new server takes, as far as its form says that. */
import { type Amounts, amountIn, sizeIn } from "../money/cost.ts";
import { type Draft, driveFor, type Known, type Made, sizeOf } from "./create-server.ts";

/** Null while a size is none. A drive that is there already costs nothing more. */
export function amountsOf(draft: Draft, known: Known, made: Made): Amounts | null {
  const [cpu, mem] = [amountIn(draft.cpu), amountIn(draft.mem)];
  const isThere = draft.system === "drive" || driveFor(draft, known, made) !== undefined;
  const disk = isThere ? 0n : sizeIn(sizeOf(draft, known));
  return cpu === null || mem === null || disk === null ? null : { cpu, mem, disk };
}
