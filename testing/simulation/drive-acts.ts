/** What callers of a simulation do with drives. */
import { type Asking, inputOf } from "./asking.ts";

/** How many there are at most, about. */
const MOST_DRIVES = 10;
const SECTOR_BYTES = 512;
/** How long what one daemon recorded may be unseen by the others: SQLite's rows are kept for so long (`row-cache.ts`). */
const UNSEEN_MS = 10;

export async function createDrive(asking: Asking): Promise<void> {
  const { weather, promises, records, users } = asking.options;
  if (records().drives.length >= MOST_DRIVES) return destroyDrive(asking);
  const name = `drive ${asking.next()}`;
  const sizeBytes = SECTOR_BYTES * (1 + weather.number(16));
  const answer = await asking.create(weather.pick(users), "drives/create", {
    ...{ name, size: String(sizeBytes) },
    ...(weather.happens(0.25) ? { "claim:type": "shared" } : {}),
    ...(weather.happens(0.5) ? { readers: users.join(" ") } : {}),
    ...(weather.happens(0.5) ? { "encryption:cipher": "none" } : {}),
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
  await promises.drives.changing(
    uuid,
    async () => {},
    () => (isSo ? { name, sizeBytes } : null),
  );
}

export async function setDrive(asking: Asking, isResized: boolean): Promise<void> {
  const { weather, promises } = asking.options;
  const { uuid, user, sizeBytes } = asking.drive();
  const name = `drive ${asking.next()}`;
  const newBytes = isResized ? SECTOR_BYTES * (1 + weather.number(16)) : sizeBytes;
  const work = () =>
    promises.drives.changing(
      uuid,
      () =>
        asking.ask({
          ...{ user, path: "drives/DRIVE/set", params: { DRIVE: uuid } },
          input: inputOf({ name, ...(isResized ? { size: String(newBytes) } : {}) }),
        }),
      (answer) => ({ name, sizeBytes: isResized ? newBytes : Number(new Map(answer as []).get("size")) }),
    );
  if (!isResized) await work();
  else
    await promises.bytes.changing(uuid, async () => {
      await work();
      return null;
    });
}

export async function destroyDrive(asking: Asking): Promise<void> {
  const { promises } = asking.options;
  const { uuid, user } = asking.drive();
  await promises.bytes.changing(uuid, async () => {
    await promises.drives.changing(
      uuid,
      () => asking.ask({ user, path: "drives/DRIVE/destroy", params: { DRIVE: uuid } }),
      () => null,
    );
    promises.gone.add(uuid);
    return null;
  });
}

export async function write(asking: Asking): Promise<void> {
  const { weather, promises } = asking.options;
  const { uuid, user, sizeBytes } = asking.drive();
  const at = sizeBytes - 1;
  const value = 1 + weather.number(255);
  await promises.bytes.changing(uuid, async () => {
    const params = { DRIVE: uuid, OFFSET: String(at) };
    await asking.ask({ user, path: "drives/DRIVE/write[/OFFSET]", params, bytes: Uint8Array.of(value) });
    return { at, value };
  });
}

/** What was written, and acknowledged, is what is read, whichever daemon is asked. */
export async function read(asking: Asking): Promise<void> {
  const { promises } = asking.options;
  const { uuid, user, sizeBytes } = asking.drive();
  const written = promises.bytes.get(uuid);
  const params = { DRIVE: uuid, OFFSET: "0", SIZE: String(sizeBytes) };
  const pieces = await asking.ask({ user, path: "drives/DRIVE/read/OFFSET/SIZE", params });
  if (written === undefined || promises.bytes.get(uuid) !== written) return;
  const read = Buffer.concat(pieces as readonly Buffer[])[written.at];
  asking.expect(`byte ${written.at} of drive ${uuid}`, read, written.value);
}

export async function image(asking: Asking): Promise<void> {
  const { promises, users, weather } = asking.options;
  const [target, source] = [asking.drive(), asking.drive()];
  // Who may read a drive images from it, too.
  const user = weather.happens(0.8) ? target.user : weather.pick(users);
  await promises.bytes.changing(target.uuid, async () => {
    await asking.ask({
      ...{ user, path: "drives/DRIVE/image/SOURCE[/CONVERSION]" },
      params: { DRIVE: target.uuid, SOURCE: source.uuid },
    });
    return null;
  });
}

export async function look(asking: Asking): Promise<void> {
  const { weather, users } = asking.options;
  if (weather.happens(0.5)) return lookAtDrive(asking);
  const lists = ["drives/info/full", "servers/info", "resources/info", "drives/list", "servers/list"];
  await asking.ask({ user: weather.pick(users), path: weather.pick(lists) });
}

/** What was promised of a drive is what a daemon answers, whichever it is. */
async function lookAtDrive(asking: Asking): Promise<void> {
  const { agenda, promises } = asking.options;
  const { uuid, user } = asking.drive();
  const promised = promises.drives.get(uuid);
  await agenda.pass("a caller waits until all daemons see it", UNSEEN_MS, null);
  const answer = await asking.ask({ user, path: "drives/DRIVE/info", params: { DRIVE: uuid } });
  if (promised === undefined || promises.drives.get(uuid) !== promised) return;
  const info = new Map(answer as Iterable<[string, unknown]>);
  asking.expect(`the name of drive ${uuid}`, info.get("name"), promised.name);
  asking.expect(`the size of drive ${uuid}`, info.get("size"), promised.sizeBytes);
}
