/** What callers of a simulation do with drives. */
import { type Client, inputOf } from "./client.ts";

/** How many there are at most, about. */
const MOST_DRIVES = 10;
const SECTOR_BYTES = 512;
/** How long what one daemon recorded may be unseen by the others: SQLite's rows are kept for so long (`row-cache.ts`). */
const UNSEEN_MS = 10;

export async function createDrive(client: Client): Promise<void> {
  const { random, model, records, users } = client.options;
  if (records().drives.length >= MOST_DRIVES) return destroyDrive(client);
  const name = `drive ${client.next()}`;
  const sizeBytes = SECTOR_BYTES * (1 + random.integer(16));
  const answer = await client.create(random.pick(users), "drives/create", {
    ...{ name, size: String(sizeBytes) },
    ...(random.happens(0.25) ? { "claim:type": "shared" } : {}),
    ...(random.happens(0.5) ? { readers: users.join(" ") } : {}),
    ...(random.happens(0.5) ? { "encryption:cipher": "none" } : {}),
  });
  // Whoever saw it before its maker was answered may have changed it by now, or be at it.
  const uuid = String(answer.get("drive"));
  const { drives, operations } = records();
  const row = drives.find((each) => each.uuid === uuid);
  const isSo =
    row?.phase === "ready" &&
    row.size_bytes === sizeBytes &&
    JSON.parse(row.properties).name === name &&
    operations.every(({ object }) => object !== uuid);
  await model.drives.changing(
    uuid,
    async () => {},
    () => (isSo ? { name, sizeBytes } : null),
  );
}

export async function setDrive(client: Client, isResized: boolean): Promise<void> {
  const { random, model } = client.options;
  const { uuid, user, sizeBytes } = client.drive();
  const name = `drive ${client.next()}`;
  const newBytes = isResized ? SECTOR_BYTES * (1 + random.integer(16)) : sizeBytes;
  const work = () =>
    model.drives.changing(
      uuid,
      () =>
        client.ask({
          ...{ user, path: "drives/DRIVE/set", params: { DRIVE: uuid } },
          input: inputOf({ name, ...(isResized ? { size: String(newBytes) } : {}) }),
        }),
      (answer) => ({ name, sizeBytes: isResized ? newBytes : Number(new Map(answer as []).get("size")) }),
    );
  if (!isResized) await work();
  else
    await model.bytes.changing(uuid, async () => {
      await work();
      return null;
    });
}

export async function destroyDrive(client: Client): Promise<void> {
  const { model } = client.options;
  const { uuid, user } = client.drive();
  await model.bytes.changing(uuid, async () => {
    await model.drives.changing(
      uuid,
      () => client.ask({ user, path: "drives/DRIVE/destroy", params: { DRIVE: uuid } }),
      () => null,
    );
    model.gone.add(uuid);
    return null;
  });
}

export async function write(client: Client): Promise<void> {
  const { random, model } = client.options;
  const { uuid, user, sizeBytes } = client.drive();
  const at = sizeBytes - 1;
  const value = 1 + random.integer(255);
  await model.bytes.changing(uuid, async () => {
    const params = { DRIVE: uuid, OFFSET: String(at) };
    await client.ask({ user, path: "drives/DRIVE/write[/OFFSET]", params, bytes: Uint8Array.of(value) });
    return { at, value };
  });
}

/** What was written, and acknowledged, is what is read, whichever daemon is asked. */
export async function read(client: Client): Promise<void> {
  const { model } = client.options;
  const { uuid, user, sizeBytes } = client.drive();
  const written = model.bytes.get(uuid);
  const params = { DRIVE: uuid, OFFSET: "0", SIZE: String(sizeBytes) };
  const pieces = await client.ask({ user, path: "drives/DRIVE/read/OFFSET/SIZE", params });
  if (written === undefined || model.bytes.get(uuid) !== written) return;
  const read = Buffer.concat(pieces as readonly Buffer[])[written.at];
  client.expect(`byte ${written.at} of drive ${uuid}`, read, written.value);
}

export async function image(client: Client): Promise<void> {
  const { model, users, random } = client.options;
  const [target, source] = [client.drive(), client.drive()];
  // Who may read a drive images from it, too.
  const user = random.happens(0.8) ? target.user : random.pick(users);
  await model.bytes.changing(target.uuid, async () => {
    await client.ask({
      ...{ user, path: "drives/DRIVE/image/SOURCE[/CONVERSION]" },
      params: { DRIVE: target.uuid, SOURCE: source.uuid },
    });
    return null;
  });
}

export async function look(client: Client): Promise<void> {
  const { random, users } = client.options;
  if (random.happens(0.5)) return lookAtDrive(client);
  const lists = ["drives/info/full", "servers/info", "resources/info", "drives/list", "servers/list"];
  await client.ask({ user: random.pick(users), path: random.pick(lists) });
}

/** What was answered of a drive is what a daemon answers, whichever it is. */
async function lookAtDrive(client: Client): Promise<void> {
  const { scheduler, model } = client.options;
  const { uuid, user } = client.drive();
  const modelled = model.drives.get(uuid);
  await scheduler.wait("a caller waits until all daemons see it", UNSEEN_MS, null);
  const answer = await client.ask({ user, path: "drives/DRIVE/info", params: { DRIVE: uuid } });
  if (modelled === undefined || model.drives.get(uuid) !== modelled) return;
  const info = new Map(answer as Iterable<[string, unknown]>);
  client.expect(`the name of drive ${uuid}`, info.get("name"), modelled.name);
  client.expect(`the size of drive ${uuid}`, info.get("size"), modelled.sizeBytes);
}
