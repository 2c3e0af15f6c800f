/** `lodge status`: what an operator needs to know of a cloud, whether its daemon runs or not. */
import { existsSync } from "node:fs";
import { LodgeError, sentenceOf } from "../../base/errors.ts";
import { findHome, homeDirectory, openHome } from "../../home.ts";
import { runningServers } from "../../host/traces.ts";
import { askDaemon } from "../../operator/client.ts";
import { isWell, type RunningStatus, renderStatus, serversWithout } from "./status-lines.ts";
import { parse, print } from "./subcommand.ts";

/** What is told of the status by the exit code: 3 and 4 as of services (LSB, "Init Script Actions", `status`). */
const EXIT = { well: 0, unwell: 1, notRunning: 3, unknown: 4 } as const;

/** Errors: `usage`. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parse(args, { home: { type: "string" }, json: { type: "boolean" } });
  const { code, lines, facts } = await find(values.home).catch((error: unknown) => {
    const why = sentenceOf(error);
    return { code: EXIT.unknown, lines: [`It is not known how this cloud does: ${why}`], facts: { why } };
  });
  print(...(values.json ? [JSON.stringify(facts)] : lines));
  process.exitCode = code;
}

type Found = {
  readonly code: number;
  readonly lines: readonly string[];
  /** The same for programs. */
  readonly facts: object;
};

/** Errors: what keeps it from being found out. */
async function find(named: string | undefined): Promise<Found> {
  if (findHome(named) === null) throw new Error(`there is no cloud in ${homeDirectory(named)}`);
  const home = openHome(named);
  const status = await askDaemon(home, "/status").catch(async (error: unknown) => {
    if (!(error instanceof LodgeError && error.type === "missing")) throw error;
    return null;
  });
  if (status === null) {
    const servers = existsSync(home.runDir) ? (await runningServers(home.runDir)).length : 0;
    const lines = [`Lodge is not running with the home ${home.dir}`, ...serversWithout(servers)];
    return { code: EXIT.notRunning, lines, facts: { running: false, servers } };
  }
  const running = status as RunningStatus;
  const well = isWell(running);
  return {
    code: well ? EXIT.well : EXIT.unwell,
    lines: renderStatus(running, Date.now()),
    facts: { running: true, well, ...running },
  };
}
