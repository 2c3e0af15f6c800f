/**
 * The life of a server. Its phase is in the store before its host is touched, and its end, whatever brought it about,
 * is settled in one place; so what is interrupted is finished or undone by `reconcile`, which is also how the daemon
 * starts.
 */
import { randomUUID } from "node:crypto";
import { keptText } from "../api/attributes.ts";
import { readInput } from "../api/input.ts";
import type { Input } from "../api/properties.ts";
import { busy } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import { KeyedLock } from "../base/keyed-lock.ts";
import { releaseDrives } from "../drives/claims.ts";
import { storeIo } from "../drives/counters.ts";
import type { Keyring } from "../drives/secret.ts";
import type { Host, RunState, ServerCounters } from "../host/host.ts";
import { judgeFaster, refuseUnholdable } from "../placement/servers.ts";
import { releaseUses } from "../resources/uses.ts";
import type { Store, Tx } from "../store/store.ts";
import { configAfter, devicesOf, isPersistent } from "./config.ts";
import { SERVER_KEYS } from "./keys.ts";
import { judgeMac } from "./macs.ts";
import { judgeReferences } from "./references.ts";
import { needOf, serverRoom } from "./room.ts";
import type { Config } from "./server.ts";
import { noSuchServer, type Server, serverOf } from "./server.ts";
import { type Prepared, prepareStart, vncPassword } from "./start.ts";

export type ServerParts = { readonly store: Store; readonly host: Host; readonly keyring: Keyring };

export type ServerLifecycle = {
  /** Makes a server, and starts it unless it is to be stopped; answers its uuid. Errors: `usage`, `missing`, `busy`, `full`, `failed`. */
  create(user: UserId, input: Input, start: boolean): Promise<string>;
  /** Changes its configuration; on an active server the keys that may change there, at once. */
  set(uuid: string, input: Input): Promise<void>;
  /** Does nothing when it is active. Errors: `busy` when it is dead; as `create`. */
  start(uuid: string): Promise<void>;
  /** Ends it at once; when this answers, all that it held is free. Does nothing when it is stopped. */
  stop(uuid: string): Promise<void>;
  /** Sends ACPI power-down. Does nothing when it is stopped. */
  shutdown(uuid: string): Promise<void>;
  /** Errors: `busy` when it is stopped, or its memory is being written out. */
  reset(uuid: string): Promise<void>;
  destroy(uuid: string): Promise<void>;
  /** The state of its QEMU, null when there is none. */
  runState(uuid: string): RunState | null;
  /** Brings store and host to agree; part of every start of the daemon. */
  reconcile(): Promise<void>;
  close(): void;
};

/** @param onError is told what went wrong in settling a server that ended by itself; `reconcile` does it again. */
export function serverLifecycle(parts: ServerParts, onError: (error: unknown) => void): ServerLifecycle {
  const { store, host, keyring } = parts;
  const lastCounters = new Map<string, ServerCounters>();
  const locks = new KeyedLock();

  const unsubscribe = host.servers.observe((event) => {
    if (event.kind === "state") return;
    lastCounters.set(event.uuid, event.counters);
    locks.run(event.uuid, () => settle(event.uuid)).catch(onError);
  });

  const runState = (uuid: string) => host.servers.find(uuid)?.state ?? null;

  async function launch(uuid: string, { spec }: Prepared): Promise<void> {
    try {
      await host.servers.launch(spec);
    } catch (error) {
      await settle(uuid);
      throw error;
    }
    await store.transaction((tx) => setPhase(tx, uuid, "active"));
  }

  /**
   * Records the end of a server that its host does not run, in its turn: whatever it held is free. One whose creation
   * was never answered goes; one whose start failed is as it was before. Does nothing when that is done already.
   */
  async function settle(uuid: string): Promise<void> {
    if (runState(uuid) !== null) return;
    const counters = lastCounters.get(uuid);
    lastCounters.delete(uuid);
    await store.transaction(async (tx) => {
      const server = await find(tx, uuid);
      if (server === null || server.phase === "stopped") return;
      if (counters !== undefined) await keepIo(tx, server.config, counters);
      await release(tx, uuid);
      const stays = server.phase === "starting" || (server.phase === "active" && isPersistent(server.config));
      if (stays) await setPhase(tx, uuid, "stopped");
      else await remove(tx, uuid);
    });
  }

  async function end(uuid: string): Promise<void> {
    await host.servers.kill(uuid);
    await settle(uuid);
  }

  return {
    async create(user, input, start) {
      const changes = readInput(SERVER_KEYS, input, "create");
      const config = configAfter({}, changes);
      refuseUnholdable(needOf(config), [host.facts]);
      const uuid = randomUUID();
      await locks.run(uuid, async () => {
        const prepared = await store.transaction(async (tx) => {
          await judgeReferences(tx, user, changes, config, null);
          await judgeMac(tx, { uuid, user }, config, changes);
          const row = {
            uuid,
            user,
            phase: start ? "creating" : "stopped",
            config: keptText(config),
          } as const;
          await tx
            .insertInto("servers")
            .values({ ...row, run: null, last_address: null })
            .execute();
          const server = serverOf({ ...row, run: null, last_address: null });
          return start ? await prepareStart(tx, server, host.facts, keyring) : null;
        });
        if (prepared !== null) await launch(uuid, prepared);
      });
      return uuid;
    },

    set: (uuid, input) =>
      locks.run(uuid, async () => {
        const { before, config, active } = await store.transaction(async (tx) => {
          const server = await present(tx, uuid);
          const active = server.phase !== "stopped";
          const changes = readInput(SERVER_KEYS, input, active ? "active" : "stopped");
          const config = configAfter(server.config, changes);
          refuseUnholdable(needOf(config), [host.facts]);
          await judgeReferences(tx, server.user, changes, config, server.lastAddress);
          const moreMhz = Number(config.cpu) - Number(server.config.cpu);
          if (active && moreMhz > 0) judgeFaster(await serverRoom(tx, host.facts), moreMhz);
          await judgeMac(tx, server, config, changes);
          await setConfig(tx, uuid, config);
          return { before: server.config, config, active };
        });
        if (!active) return;
        try {
          await applyLive(uuid, before, config);
        } catch (error) {
          await store.transaction((tx) => setConfig(tx, uuid, before));
          // What took effect is taken back; where that fails too, the next start of the daemon does it.
          if (runState(uuid) !== null) await applyLive(uuid, config, before).catch(onError);
          throw error;
        }
      }),

    start: (uuid) =>
      locks.run(uuid, async () => {
        const prepared = await store.transaction(async (tx) => {
          const server = await present(tx, uuid);
          return server.phase === "stopped" ? await prepareStart(tx, server, host.facts, keyring) : null;
        });
        if (prepared !== null) await launch(uuid, prepared);
        else if (runState(uuid) === "dead") throw busy(`server ${uuid} is dead: reset it, or stop it first`);
      }),

    stop: (uuid) => locks.run(uuid, () => end(uuid)),

    shutdown: (uuid) =>
      locks.run(uuid, async () => {
        if (runState(uuid) !== null) await host.servers.powerDown(uuid);
      }),

    reset: (uuid) =>
      locks.run(uuid, async () => {
        const state = runState(uuid);
        if (state === null) throw busy(`server ${uuid} is not active`);
        if (state === "dumped") throw busy(`the memory of server ${uuid} is being written out`);
        await host.servers.reset(uuid);
      }),

    destroy: (uuid) =>
      locks.run(uuid, async () => {
        await store.transaction(async (tx) => {
          await present(tx, uuid);
          await setPhase(tx, uuid, "destroying");
        });
        await end(uuid);
      }),

    runState,

    async reconcile() {
      const rows = await store.transaction((tx) => tx.selectFrom("servers").selectAll().execute());
      const known = new Set(rows.map(({ uuid }) => uuid));
      for (const { uuid } of host.servers.running()) {
        if (!known.has(uuid)) await host.servers.kill(uuid);
      }
      for (const row of rows) {
        const { uuid, phase, config } = serverOf(row);
        if (phase === "stopped") continue;
        // A start that nobody was told of is undone, so that who tries again finds everything free.
        if (phase !== "active" || runState(uuid) === null) await locks.run(uuid, () => end(uuid));
        else {
          await host.servers.setCpu(uuid, Number(config.cpu));
          await host.servers.setVncPassword(uuid, vncPassword(config));
        }
      }
    },

    close: unsubscribe,
  };

  async function applyLive(uuid: string, before: Config, after: Config): Promise<void> {
    if (before.cpu !== after.cpu) await host.servers.setCpu(uuid, Number(after.cpu));
    if (vncPassword(before) !== vncPassword(after))
      await host.servers.setVncPassword(uuid, vncPassword(after));
  }
}

async function find(tx: Tx, uuid: string): Promise<Server | null> {
  const row = await tx.selectFrom("servers").selectAll().where("uuid", "=", uuid).executeTakeFirst();
  return row === undefined ? null : serverOf(row);
}

/** Errors: `missing`, for a server that was destroyed while the command waited for its turn too. */
async function present(tx: Tx, uuid: string): Promise<Server> {
  const server = await find(tx, uuid);
  if (server === null || server.phase === "destroying") throw noSuchServer(uuid);
  return server;
}

async function setPhase(tx: Tx, uuid: string, phase: Server["phase"]): Promise<void> {
  const run = phase === "stopped" ? { run: null } : {};
  await tx
    .updateTable("servers")
    .set({ phase, ...run })
    .where("uuid", "=", uuid)
    .execute();
}

async function setConfig(tx: Tx, uuid: string, config: Config): Promise<void> {
  await tx
    .updateTable("servers")
    .set({ config: keptText(config) })
    .where("uuid", "=", uuid)
    .execute();
}

async function release(tx: Tx, uuid: string): Promise<void> {
  await releaseDrives(tx, uuid);
  await releaseUses(tx, uuid);
}

async function remove(tx: Tx, uuid: string): Promise<void> {
  await tx.deleteFrom("servers").where("uuid", "=", uuid).execute();
}

async function keepIo(tx: Tx, config: Config, counters: ServerCounters): Promise<void> {
  for (const [index, { drive }] of devicesOf(config).entries()) {
    const io = counters.devices[index];
    if (io !== undefined) await storeIo(tx, drive, io);
  }
}
