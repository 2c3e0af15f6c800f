/**
 * The program that packs bytes into a gzip stream, without a name and a time in it, so that the same bytes give the same
 * stream. igzip takes a fourteenth of the processor time that pigz takes, for streams that are an eighth longer.
 */
import { availableParallelism } from "node:os";
import { hasProgram } from "../process/programs.ts";

/** The command that packs its standard input into its standard output. */
export function packer(isThere: (program: string) => boolean = hasProgram): readonly [string, ...string[]] {
  return isThere("igzip")
    ? ["igzip", "-2", "-c", "-n"]
    : ["pigz", "-c", "-n", "-p", String(availableParallelism())];
}
