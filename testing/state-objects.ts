/** Drives and servers of a state cloud, made and changed as commands do it. */
import { readInput } from "../src/api/input.ts";
import type { Input, InputValue } from "../src/api/properties.ts";
import { NO_IO } from "../src/drives/counters.ts";
import { DRIVE_KEYS } from "../src/drives/keys.ts";
import { createDrive } from "../src/drives/lifecycle/create.ts";
import { DriveRecords } from "../src/drives/records.ts";
import { writeBytes } from "../src/drives/transfer.ts";
import { createServer } from "../src/servers/lifecycle/create.ts";
import { destroyServer, stopServer } from "../src/servers/lifecycle/end.ts";
import { setServer } from "../src/servers/lifecycle/set.ts";
import { startServer } from "../src/servers/lifecycle/start.ts";
import { callerOf } from "./http/accounts.ts";
import type { Cloud } from "./state-cloud.ts";

/** Those of a cloud that the functions need. */
type Of = Pick<Cloud, "daemon" | "user">;

export const input = (properties: Record<string, InputValue>): Input => new Map(Object.entries(properties));

export const makeDrive = (cloud: Of, properties: Record<string, InputValue> = {}) =>
  createDrive(
    cloud.daemon().dependencies,
    cloud.user,
    readInput(DRIVE_KEYS, input({ name: "d", size: 4096, ...properties }), "create"),
  );

export const makeServer = (cloud: Of, properties: Record<string, InputValue> = {}, start = true) =>
  createServer(cloud.daemon().dependencies, {
    user: cloud.user,
    input: input({ name: "s", cpu: 500, mem: 64, ...properties }),
    start,
  });

/** A server that stays when it ends. */
export const makeLasting = (cloud: Of, properties: Record<string, InputValue> = {}) =>
  makeServer(cloud, { persistent: true, ...properties });

/** The commands on a server of the cloud's daemon. */
export const lifecycle = (cloud: Pick<Cloud, "daemon">) => ({
  start: (uuid: string) => startServer(cloud.daemon().dependencies, uuid),
  stop: (uuid: string) => stopServer(cloud.daemon().dependencies, uuid),
  destroy: (uuid: string) => destroyServer(cloud.daemon().dependencies, uuid),
  set: (uuid: string, changes: Input) => setServer(cloud.daemon().dependencies, uuid, changes),
});

/** The configuration of a server as it stands in the store. */
export async function configOf(cloud: Pick<Cloud, "daemon">, uuid: string): Promise<unknown> {
  const { config } = await cloud
    .daemon()
    .store.transaction((tx) =>
      tx.selectFrom("servers").select("config").where("uuid", "=", uuid).executeTakeFirstOrThrow(),
    );
  return JSON.parse(config);
}

/** The phase of a server, null when there is none. */
export async function phaseOf(cloud: Pick<Cloud, "daemon">, uuid: string): Promise<string | null> {
  const row = await cloud
    .daemon()
    .store.transaction((tx) =>
      tx.selectFrom("servers").select("phase").where("uuid", "=", uuid).executeTakeFirst(),
    );
  return row?.phase ?? null;
}

/** Writes the bytes on a drive at an offset, as the command does; what it counts is not kept. */
export function writeDrive(
  { daemon, user }: Of,
  drive: string,
  at: number,
  bytes: Uint8Array,
  records: DriveRecords = new DriveRecords(daemon().store),
): Promise<void> {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  return writeBytes(
    {
      ...{ ...daemon().dependencies, records, guestIo: async () => NO_IO },
      counters: { add: () => {}, pending: () => NO_IO },
    },
    {
      ...{ requestId: "", address: "", caller: callerOf(user), params: { DRIVE: drive, OFFSET: String(at) } },
      ...{ input: new Map(), idempotencyKey: null },
      body: async () => ({ lengthBytes: bytes.length, bytes: body(), release: async () => {} }),
    },
  );
}
