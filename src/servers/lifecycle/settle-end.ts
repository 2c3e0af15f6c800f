/** Settling the end of a server: in one transaction all that it held is free, and what its run did is counted. */
import type { Clock } from "../../base/clock.ts";
import { releaseDrives } from "../../drives/claims.ts";
import { storeIo } from "../../drives/counters.ts";
import type { Instance, ServerCounters } from "../../host/host.ts";
import { isSuspended } from "../../limits/coverage.ts";
import { endUse } from "../../metering/spans.ts";
import { forgetKeyOf, retireKeyOf } from "../../operations/idempotency.ts";
import { releaseUses } from "../../resources/uses.ts";
import type { Tx } from "../../store/store.ts";
import type { SettledEnd } from "../dependencies.ts";
import { giveBack } from "../need.ts";
import { changeServer, raiseGeneration } from "../rows.ts";
import type { EndingServer } from "../server.ts";
import { endRunUse, runEnd } from "../use.ts";
import { tellOfServer } from "./told.ts";

/**
 * Records that the server does not run. One whose creation was never answered goes, as does one that is destroyed when
 * it ends; one whose start failed is as it was before. A run is counted once: that of a server which is stopped already
 * is counted only where the store has never known of it. One whose configuration is damaged stays, for somebody to repair;
 * so does every one of an account that is suspended, persistent or not.
 *
 * @param instance the run that has ended, with its last counters; null where its host knows of none
 * @returns what is left of the server; null where its end was settled already
 */
export async function settleEnd(
  tx: Tx,
  server: EndingServer,
  instance: Instance | null,
  clock: Clock,
): Promise<SettledEnd["left"] | null> {
  const { uuid, phase, generation, configuration } = server;
  const seen = instance?.generation ?? 0;
  if (phase === "stopped" && seen <= generation) return null;
  // A start that its host refused may find the run before it there still, which was counted at its end.
  if (instance?.state === "ended" && instance.ranAt >= server.startGeneration) {
    await keepIo(tx, server, instance.counters);
  }
  await raiseGeneration(tx, uuid, seen);
  if (phase === "stopped") return null;
  const stays =
    phase === "starting" ||
    (phase === "active" &&
      (configuration === null || configuration.persistent || (await isSuspended(tx, server.user))));
  if (phase === "active" || (phase === "destroying" && server.hasRun))
    await tellOfServer(tx, "server.ended", uuid, { left: stays ? "stopped" : "nothing" });
  const at = await runEnd(tx, uuid, instance, clock);
  // A creation that came to nothing may be asked for again.
  if (phase === "creating") await forgetKeyOf(tx, uuid);
  if (!stays) {
    await removeServer(tx, server, at);
    return "nothing";
  }
  await freeAll(tx, server);
  await endRunUse(tx, uuid, at);
  await changeServer(tx, uuid, { phase: "stopped", run: null });
  return "stopped";
}

/** Removes the server's row, with all that it held; nothing of it is used from `at` on. */
export async function removeServer(tx: Tx, server: EndingServer, at: number): Promise<void> {
  await freeAll(tx, server);
  await endUse(tx, server.uuid, at);
  await tx.deleteFrom("servers").where("uuid", "=", server.uuid).execute();
  await retireKeyOf(tx, server.uuid);
}

/** Gives back all that the server was given for its run. */
export async function freeAll(tx: Tx, server: EndingServer): Promise<void> {
  await giveBack(tx, server);
  await releaseDrives(tx, server.uuid);
  await releaseUses(tx, server.uuid);
}

async function keepIo(tx: Tx, { configuration }: EndingServer, { devices }: ServerCounters): Promise<void> {
  for (const { key, drive } of configuration?.devices ?? []) {
    const io = devices[key];
    if (io !== undefined) await storeIo(tx, drive, io);
  }
}
