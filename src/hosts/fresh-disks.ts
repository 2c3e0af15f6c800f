/**
 * What a host's disk has changes with what else is on it, and hosts tell it now and then: nobody is refused for what
 * one told a while ago.
 */
import { outsideChange } from "../audit/event.ts";
import { LodgeError } from "../base/errors.ts";
import type { Store } from "../store/store.ts";
import { type Hosts, recordDisk } from "./hosts.ts";

/**
 * Runs a command that may find no room on a disk, in which case all hosts tell theirs anew and it is run once more.
 * Errors: the command's; the hosts'.
 */
export async function withFreshDisks<T>(
  { store, hosts }: { readonly store: Store; readonly hosts: Hosts },
  command: () => Promise<T>,
): Promise<T> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof LodgeError) || error.code !== "no_disk_space") throw error;
    for (const [name, host] of hosts) {
      const disk = await host.drives.space();
      await outsideChange(() => store.transaction((tx) => recordDisk(tx, name, disk)));
    }
    return command();
  }
}
