/** The commands on drives: one entry for each row of the specification. */
import type { Declared, Request } from "../api/command.ts";
import { readInput, shown } from "../api/input.ts";
import type { Properties } from "../api/properties.ts";
import { parseSize } from "../api/value.ts";
import { full, usage } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import type { Conversion, IoCounters } from "../host/host.ts";
import { driveAnswer } from "./answer.ts";
import { addIo, type DriveCounters } from "./counters.ts";
import { type Drive, driveWord } from "./drive.ts";
import { DRIVE_EXAMPLES } from "./examples.ts";
import type { DriveImaging } from "./imaging.ts";
import { DRIVE_KEYS } from "./keys.ts";
import { createDrive, type DriveParts, destroyDrive, driveImage, refuseHeld, setDrive } from "./lifecycle.ts";
import type { DriveRecords } from "./records.ts";

/** The most that one read answers (spec: read binary data from a drive). */
const MOST_READ_BYTES = 4 * 2 ** 20;

export type DriveCommandParts = DriveParts & {
  readonly records: DriveRecords;
  readonly counters: DriveCounters;
  readonly imaging: DriveImaging;
  /** What the servers that hold the drive have read and written since they started. */
  readonly guestIo: (drive: Drive) => Promise<IoCounters>;
};
type Parts = DriveCommandParts;

export const DRIVE_COMMANDS: readonly Declared<Parts>[] = [
  {
    path: "drives/list",
    summary: "List all drives",
    effect: "reads",
    takes: "nothing",
    returns: "list",
    answers: DRIVE_KEYS.named("drive"),
    example: DRIVE_EXAMPLES.list,
    run: async ({ records }, { caller }) =>
      (await records.ofUser(caller.user)).map(({ uuid }) => [["drive", uuid]]),
  },
  info("drives/DRIVE/info", "Get single drive info", false),
  info("drives/DRIVE/info/full", "Get single drive info, with the percentage of an imaging", true),
  infoOfAll("drives/info", "Get all drives info", false),
  infoOfAll("drives/info/full", "Get all drives info, with the percentages of imagings", true),
  {
    path: "drives/create",
    summary: "Create a drive",
    effect: "changes",
    takes: "properties",
    keys: DRIVE_KEYS.toCreate,
    returns: "properties",
    answers: DRIVE_KEYS.keys,
    example: DRIVE_EXAMPLES.create,
    async run(parts, { caller, input }) {
      const uuid = await createDrive(parts, caller.user, readInput(DRIVE_KEYS, input, "create"));
      return answer(parts, await parts.records.own(uuid, caller.user), caller.user);
    },
  },
  {
    path: "drives/DRIVE/destroy",
    summary: "Destroy a drive",
    effect: "changes",
    takes: "nothing",
    returns: "nothing",
    example: DRIVE_EXAMPLES.act,
    run: async (parts, request) => destroyDrive(parts, (await ownDrive(parts, request)).uuid),
  },
  {
    path: "drives/DRIVE/set",
    summary: "Set extra drive data",
    effect: "changes",
    takes: "properties",
    keys: DRIVE_KEYS.toSet,
    returns: "properties",
    answers: DRIVE_KEYS.keys,
    example: DRIVE_EXAMPLES.set,
    async run(parts, request) {
      const { uuid, user } = await ownDrive(parts, request);
      await setDrive(parts, uuid, readInput(DRIVE_KEYS, request.input, "stopped"));
      return answer(parts, await parts.records.own(uuid, user), user);
    },
  },
  {
    path: "drives/DRIVE/image/SOURCE[/CONVERSION]",
    summary: "Image a drive from another drive",
    effect: "changes",
    takes: "nothing",
    returns: "nothing",
    example: DRIVE_EXAMPLES.image,
    run: imageDrive,
  },
  {
    path: "drives/DRIVE/read/OFFSET/SIZE",
    summary: "Read binary data from a drive",
    effect: "reads",
    takes: "nothing",
    returns: "bytes",
    example: DRIVE_EXAMPLES.read,
    run: readBytes,
  },
  {
    path: "drives/DRIVE/write[/OFFSET]",
    summary: "Write binary data to a drive",
    effect: "changes",
    takes: "bytes",
    returns: "nothing",
    example: DRIVE_EXAMPLES.write,
    run: writeBytes,
  },
  listStandard("drives/standard/list"),
  listStandard("drives/list/standard"),
  infoOfStandard("drives/standard/info"),
  infoOfStandard("drives/info/standard"),
];

function info(path: string, summary: string, isFull: boolean): Declared<Parts> {
  return {
    path,
    summary,
    effect: "reads",
    takes: "nothing",
    returns: "properties",
    answers: DRIVE_KEYS.keys,
    example: DRIVE_EXAMPLES.info,
    async run(parts, request) {
      const { user } = request.caller;
      const drive = await readableDrive(parts, request);
      return answer(parts, drive, user, isFull, await parts.records.seenBy(drive, user));
    },
  };
}

function infoOfAll(path: string, summary: string, isFull: boolean): Declared<Parts> {
  return {
    path,
    summary,
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: DRIVE_KEYS.keys,
    example: DRIVE_EXAMPLES.infoOfAll,
    async run(parts, { caller }) {
      const drives = await parts.records.ofUser(caller.user);
      return Promise.all(drives.map((drive) => answer(parts, drive, caller.user, isFull)));
    },
  };
}

/** Beyond the specification's text: what clients list its pre-installed images and CDs by (real clients: 7). */
function listStandard(path: string): Declared<Parts> {
  return {
    path,
    summary: "List all standard images and CDs",
    effect: "reads",
    takes: "nothing",
    returns: "list",
    answers: DRIVE_KEYS.named("drive"),
    example: DRIVE_EXAMPLES.list,
    run: async ({ records }, { caller }) =>
      (await records.standard(caller.user)).map(({ uuid }) => [["drive", uuid]]),
  };
}

function infoOfStandard(path: string): Declared<Parts> {
  return {
    path,
    summary: "Get info of all standard images and CDs",
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: DRIVE_KEYS.keys,
    example: DRIVE_EXAMPLES.infoOfStandard,
    run: async (parts, { caller }) =>
      Promise.all(
        (await parts.records.standard(caller.user)).map((image) => answer(parts, image, caller.user)),
      ),
  };
}

const ownDrive = ({ records }: Parts, { params, caller }: Request) =>
  records.own(driveWord(params.DRIVE), caller.user);

const readableDrive = ({ records }: Parts, { params, caller }: Request) =>
  records.readable(driveWord(params.DRIVE), caller.user);

/** @param seen the drive as the caller may see it; its counters are of all that use it */
async function answer(
  { counters, guestIo, imaging }: Parts,
  drive: Drive,
  user: UserId,
  isFull = false,
  seen = drive,
): Promise<Properties> {
  const stored = addIo(drive.io, counters.pending(drive.uuid));
  const io = drive.claimed.length === 0 ? stored : addIo(stored, await guestIo(drive));
  return driveAnswer(seen, io, { user, percentage: isFull ? imaging.percentage(drive.uuid) : null });
}

async function imageDrive(parts: Parts, request: Request): Promise<void> {
  const conversion = conversionWord(request.params.CONVERSION);
  const { caller, params } = request;
  const target = await ownDrive(parts, request);
  const source = await parts.records.readable(driveWord(params.SOURCE), caller.user);
  await parts.imaging.image({ target: target.uuid, source: source.uuid, user: caller.user, conversion });
}

function conversionWord(word: string | undefined): Conversion | null {
  if (word === undefined || word === "gzip" || word === "gunzip") return word ?? null;
  throw usage(`CONVERSION is gzip or gunzip, not ${shown(word)}`);
}

async function readBytes(parts: Parts, request: Request): Promise<Uint8Array> {
  const drive = await readableDrive(parts, request);
  const offset = sizeWord("OFFSET", request.params.OFFSET);
  const size = sizeWord("SIZE", request.params.SIZE);
  if (size > MOST_READ_BYTES)
    throw usage(`SIZE is at most ${MOST_READ_BYTES} bytes for one read, not ${size}`);
  if (offset >= drive.sizeBytes) {
    throw usage(`OFFSET ${offset} is past the end: the drive has ${drive.sizeBytes} bytes`);
  }
  const length = Math.min(size, drive.sizeBytes - offset);
  const bytes = await parts.host.drives.read(driveImage(drive, parts.keyring), offset, length);
  parts.counters.add(drive.uuid, { readBytes: length, readRequests: 1 });
  return bytes;
}

async function writeBytes(parts: Parts, request: Request): Promise<void> {
  const drive = await ownDrive(parts, request);
  const offset = sizeWord("OFFSET", request.params.OFFSET ?? "0");
  refuseHeld(drive);
  const roomBytes = drive.sizeBytes - offset;
  const body = await request.body?.(Math.max(0, roomBytes));
  if (body === undefined) return;
  const { lengthBytes, bytes, release } = body;
  try {
    if (lengthBytes > roomBytes) {
      throw full(`the write passes the end of the drive, which has ${drive.sizeBytes} bytes`);
    }
    await parts.host.drives.write(driveImage(drive, parts.keyring), offset, bytes, lengthBytes);
  } finally {
    await release();
  }
  parts.counters.add(drive.uuid, { writeBytes: lengthBytes, writeRequests: 1 });
}

function sizeWord(name: string, word: string | undefined): number {
  const bytes = parseSize(word ?? "");
  if (bytes === null) {
    throw usage(
      `${name} is a number of bytes, optionally with a k, M, G or T suffix, not ${shown(word ?? "")}`,
    );
  }
  return bytes;
}
