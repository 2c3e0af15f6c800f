/** Reading the command line of a tool. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { parseSize } from "../../base/size.ts";
import { UsageFailure } from "./failure.ts";

/** The last lines of each tool's help: what it reads from its environment, and how it ends. */
export const ENVIRONMENT_HELP = `Environment:
  EHURI      address of the API
  EHAUTH     <user uuid>:<secret API key>; a missing key is asked for on the terminal
  https_proxy, http_proxy, all_proxy, no_proxy
             the proxy to go by, and the hosts to reach without, as curl has them
  NODE_EXTRA_CA_CERTS
             a file of certificates to trust besides the usual ones, where EHURI is https://

Exit status: 0 done, 1 it failed, 2 called wrongly.`;

/** The options and words of a command line. Errors: `UsageFailure` for an option that is unknown or lacks its value. */
export function readOptions<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  const config = { args: [...args], options, allowPositionals: true } as const;
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageFailure((error as Error).message, { cause: error });
  }
}

/** A number of bytes given as an option, with k, M, G or T if need be; `least` is the smallest that makes sense. */
export function sizeOption(option: string, text: string, least: number, most = Infinity): number {
  const bytes = parseSize(text);
  if (bytes !== null && bytes >= least && bytes <= most) return bytes;
  const bounds = most === Infinity ? `at least ${least}` : `from ${least} to ${most}`;
  throw new UsageFailure(
    `${option} takes a number of bytes, ${bounds}, with k, M, G or T if you like; not "${text}"`,
  );
}
