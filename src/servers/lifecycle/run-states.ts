/**
 * What QEMUs of servers that run are seen to be, on record for whoever follows their servers: a QEMU that pauses, or whose
 * guest has died, tells its host alone.
 */
import type { Instance, RunState } from "../../host/host.ts";
import type { Store } from "../../store/store.ts";

/** Null: `active`, as a server is by its start. */
export type SeenState = Exclude<RunState, "active"> | null;

type Seen = {
  readonly uuid: string;
  readonly recorded: { readonly generation: number; readonly runState: SeenState } | null;
  readonly instance: Instance | null;
};

/** Records those that are not as they are on record. What was started anew meanwhile is left to the next look. */
export async function recordRunStates(store: Store, all: readonly Seen[]): Promise<void> {
  const changed = all.flatMap(({ uuid, recorded, instance }) => {
    if (recorded === null || instance === null || instance.state === "ended" || !instance.responsive)
      return [];
    const runState: SeenState = instance.state === "active" ? null : instance.state;
    return runState === recorded.runState ? [] : [{ uuid, runState, generation: recorded.generation }];
  });
  if (changed.length === 0) return;
  await store.transaction(async (tx) => {
    for (const { uuid, runState, generation } of changed) {
      await tx
        .updateTable("servers")
        .set({ run_state: runState })
        .where("uuid", "=", uuid)
        .where("phase", "=", "active")
        .where("generation", "=", generation)
        .execute();
    }
  });
}
