/** `lodge doctor`: what this machine can do for a cloud, and for each lack what follows from it and what to do about it. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findHome, homeDirectory, UID_RANGE } from "../../home.ts";
import { examine } from "../../host/doctor/examine.ts";
import type { Check } from "../../host/host.ts";
import { parseHome, print } from "./subcommand.ts";

/** Prints the table. Errors: `usage`. */
export async function run(args: readonly string[]): Promise<void> {
  const home = homeDirectory(parseHome(args).home);
  const scratch = await mkdtemp(join(tmpdir(), "lodge-doctor-"));
  try {
    const checks = await examine({
      home,
      scratch,
      // Only a cloud that has been started has an uplink that a firewall could close.
      uplink: `lodge-${findHome(home)?.id ?? "*"}`,
      uid: process.getuid?.() === 0 ? UID_RANGE.first : null,
      group: `lodge-doctor-${randomUUID().slice(0, 8)}`,
    });
    print(...table(checks));
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** What follows and what to do are said only where something is lacking. */
function table(checks: readonly Check[]): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length)) + 2;
  const indent = " ".repeat(width);
  return checks.flatMap(({ name, state, follows, todo }) => [
    name.padEnd(width) + state,
    ...(follows === undefined ? [] : [`${indent}so ${follows}`]),
    ...(todo === undefined ? [] : [`${indent}to change it: ${todo}`]),
  ]);
}
