/** The commands on drives: one entry for each row of the specification. */
import type { Declared, Request } from "../api/command.ts";
import { readInput } from "../api/input.ts";
import type { Properties } from "../api/properties.ts";
import { ensure } from "../api/reason.ts";
import { shown } from "../api/shown.ts";
import { full, usage } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import { parseSize } from "../base/size.ts";
import { inSlices } from "../base/slices.ts";
import type { Conversion, IoCounters } from "../host/host.ts";
import { repeatOf } from "../operations/idempotency.ts";
import { driveAnswer, unreadableAnswer } from "./answer.ts";
import { driveCan } from "./can.ts";
import { DRIVE_ERRORS } from "./command-errors.ts";
import { addIo, type DriveCounters } from "./counters.ts";
import type { DriveDependencies } from "./dependencies.ts";
import { type Drive, driveWord } from "./drive.ts";
import { DRIVE_EXAMPLES } from "./examples.ts";
import { imageDrive, percentageOf } from "./imaging/image.ts";
import { endReadersImagings } from "./imaging/readers.ts";
import { DRIVE_KEYS } from "./keys.ts";
import { createDrive } from "./lifecycle/create.ts";
import { destroyDrive } from "./lifecycle/destroy.ts";
import { setDrive } from "./lifecycle/set.ts";
import type { DriveRecords, UnreadableDrive } from "./records.ts";
import { volumeOf } from "./volume.ts";

/** The most that one read answers (spec: read binary data from a drive). */
const MOST_READ_BYTES = 4 * 2 ** 20;

export type DriveCommandDependencies = DriveDependencies & {
  readonly records: DriveRecords;
  readonly counters: DriveCounters;
  /** What the servers that claim the drive have read and written since they started. */
  readonly guestIo: (drive: Drive) => Promise<IoCounters>;
};
type Dependencies = DriveCommandDependencies;

export const DRIVE_COMMANDS: readonly Declared<Dependencies>[] = [
  {
    path: "drives/list",
    summary: "List all drives",
    effect: "reads",
    takes: "nothing",
    returns: "list",
    answers: DRIVE_KEYS.named("drive"),
    errors: DRIVE_ERRORS.list,
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
    errors: DRIVE_ERRORS.create,
    example: DRIVE_EXAMPLES.create,
    async run(dependencies, { caller, input, requestId, idempotencyKey }) {
      const changes = readInput(DRIVE_KEYS, input, "create");
      const repeat = repeatOf(caller.user, idempotencyKey, "drives/create", input);
      const uuid = await createDrive(dependencies, caller.user, changes, requestId, repeat);
      return answer(dependencies, await dependencies.records.own(uuid, caller.user), caller.user);
    },
  },
  {
    path: "drives/DRIVE/destroy",
    summary: "Destroy a drive",
    effect: "changes",
    takes: "nothing",
    returns: "nothing",
    errors: DRIVE_ERRORS.destroy,
    example: DRIVE_EXAMPLES.act,
    run: async (dependencies, request) =>
      destroyDrive(dependencies, (await ownDrive(dependencies, request)).uuid, request.requestId),
  },
  {
    path: "drives/DRIVE/set",
    summary: "Set extra drive data",
    effect: "changes",
    takes: "properties",
    keys: DRIVE_KEYS.toSet,
    returns: "properties",
    answers: DRIVE_KEYS.keys,
    errors: DRIVE_ERRORS.set,
    example: DRIVE_EXAMPLES.set,
    async run(dependencies, request) {
      const { uuid, user } = await ownDrive(dependencies, request);
      const changes = readInput(DRIVE_KEYS, request.input, "stopped");
      await setDrive(dependencies, uuid, changes, request.requestId);
      return answer(dependencies, await dependencies.records.own(uuid, user), user);
    },
  },
  {
    path: "drives/DRIVE/image/SOURCE[/CONVERSION]",
    summary: "Image a drive from another drive",
    effect: "changes",
    takes: "nothing",
    returns: "nothing",
    errors: DRIVE_ERRORS.image,
    example: DRIVE_EXAMPLES.image,
    run: image,
  },
  {
    path: "drives/DRIVE/read/OFFSET/SIZE",
    summary: "Read binary data from a drive",
    effect: "reads",
    takes: "nothing",
    returns: "bytes",
    errors: DRIVE_ERRORS.read,
    example: DRIVE_EXAMPLES.read,
    run: readBytes,
  },
  {
    path: "drives/DRIVE/write[/OFFSET]",
    summary: "Write binary data to a drive",
    effect: "changes",
    takes: "bytes",
    returns: "nothing",
    errors: DRIVE_ERRORS.write,
    example: DRIVE_EXAMPLES.write,
    run: writeBytes,
  },
  listStandard("drives/standard/list"),
  listStandard("drives/list/standard"),
  infoOfStandard("drives/standard/info"),
  infoOfStandard("drives/info/standard"),
];

function info(path: string, summary: string, isFull: boolean): Declared<Dependencies> {
  return {
    path,
    summary,
    effect: "reads",
    takes: "nothing",
    returns: "properties",
    answers: DRIVE_KEYS.keys,
    errors: DRIVE_ERRORS.info,
    example: DRIVE_EXAMPLES.info,
    async run(dependencies, request) {
      const { user } = request.caller;
      const drive = await readableDrive(dependencies, request);
      return answer(dependencies, drive, user, isFull, await dependencies.records.seenBy(drive, user));
    },
  };
}

function infoOfAll(path: string, summary: string, isFull: boolean): Declared<Dependencies> {
  return {
    path,
    summary,
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: DRIVE_KEYS.keys,
    errors: DRIVE_ERRORS.infoOfAll,
    example: DRIVE_EXAMPLES.infoOfAll,
    async run(dependencies, { caller }) {
      const drives = await dependencies.records.ofUser(caller.user);
      const slices = await inSlices(drives, (slice) =>
        Promise.all(slice.map((drive) => entry(dependencies, drive, caller.user, isFull))),
      );
      return slices.flat();
    },
  };
}

/** Beyond the specification's text: what clients list its pre-installed images and CDs by (real clients: 7). */
function listStandard(path: string): Declared<Dependencies> {
  return {
    path,
    summary: "List all standard images and CDs",
    effect: "reads",
    takes: "nothing",
    returns: "list",
    answers: DRIVE_KEYS.named("drive"),
    errors: DRIVE_ERRORS.list,
    example: DRIVE_EXAMPLES.list,
    run: async ({ records }, { caller }) =>
      (await records.standard(caller.user)).map(({ uuid }) => [["drive", uuid]]),
  };
}

function infoOfStandard(path: string): Declared<Dependencies> {
  return {
    path,
    summary: "Get info of all standard images and CDs",
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: DRIVE_KEYS.keys,
    errors: DRIVE_ERRORS.infoOfAll,
    example: DRIVE_EXAMPLES.infoOfStandard,
    run: async (dependencies, { caller }) =>
      Promise.all(
        (await dependencies.records.standard(caller.user)).map((image) =>
          entry(dependencies, image, caller.user),
        ),
      ),
  };
}

const ownDrive = ({ records }: Dependencies, { params, caller }: Request) =>
  records.own(driveWord(params.DRIVE), caller.user);

const readableDrive = ({ records }: Dependencies, { params, caller }: Request) =>
  records.readable(driveWord(params.DRIVE), caller.user);

/** One of a list. */
function entry(
  dependencies: Dependencies,
  drive: Drive | UnreadableDrive,
  user: UserId,
  isFull = false,
): Promise<Properties> {
  return "unreadable" in drive
    ? Promise.resolve(unreadableAnswer(drive))
    : answer(dependencies, drive, user, isFull);
}

/** @param seen the drive as the caller may see it; its counters are of all that use it */
async function answer(
  dependencies: Dependencies,
  drive: Drive,
  user: UserId,
  isFull = false,
  seen = drive,
): Promise<Properties> {
  const stored = addIo(drive.io, dependencies.counters.pending(drive.uuid));
  const io = drive.claimed.length === 0 ? stored : addIo(stored, await dependencies.guestIo(drive));
  const asksForMore = isFull && drive.imaging?.state === "running";
  return driveAnswer(seen, io, {
    user,
    percentage: asksForMore ? await percentageOf(dependencies, drive) : isFull ? 0 : null,
  });
}

async function image(dependencies: Dependencies, request: Request): Promise<void> {
  const conversion = conversionWord(request.params.CONVERSION);
  const { caller, params } = request;
  const target = await ownDrive(dependencies, request);
  const source = await dependencies.records.readable(driveWord(params.SOURCE), caller.user);
  await imageDrive(dependencies, {
    ...{ target: target.uuid, source: source.uuid, user: caller.user, conversion },
    request: request.requestId,
  });
}

function conversionWord(word: string | undefined): Conversion | null {
  if (word === undefined || word === "gzip" || word === "gunzip") return word ?? null;
  throw usage("malformed_parameter", `CONVERSION is gzip or gunzip, not ${shown(word)}`);
}

async function readBytes(dependencies: Dependencies, request: Request): Promise<Uint8Array> {
  const drive = await readableDrive(dependencies, request);
  const offset = sizeWord("OFFSET", request.params.OFFSET);
  const size = sizeWord("SIZE", request.params.SIZE);
  if (size > MOST_READ_BYTES)
    throw usage("read_too_long", `SIZE is at most ${MOST_READ_BYTES} bytes for one read, not ${size}`);
  if (offset >= drive.sizeBytes) {
    throw usage(
      "offset_past_end",
      `OFFSET ${offset} is past the end: the drive has ${drive.sizeBytes} bytes`,
    );
  }
  const length = Math.min(size, drive.sizeBytes - offset);
  const host = dependencies.hosts.get(drive.host).drives;
  const bytes = await host
    .read(volumeOf(drive, dependencies.keyring), offset, length)
    .catch(async (error: unknown) => {
      // It may have been destroyed meanwhile: then it is as absent as any other.
      await readableDrive(dependencies, request);
      throw error;
    });
  dependencies.counters.add(drive.uuid, { readBytes: length, readRequests: 1 });
  return bytes;
}

async function writeBytes(dependencies: Dependencies, request: Request): Promise<void> {
  const drive = await ownDrive(dependencies, request);
  const offset = sizeWord("OFFSET", request.params.OFFSET ?? "0");
  ensure(driveCan.write(drive));
  await endReadersImagings(dependencies, drive);
  const restBytes = drive.sizeBytes - offset;
  const body = await request.body?.(Math.max(0, restBytes));
  if (body === undefined) return;
  const { lengthBytes, bytes, release } = body;
  try {
    if (lengthBytes > restBytes) {
      throw full(
        "write_past_end",
        `the write passes the end of the drive, which has ${drive.sizeBytes} bytes`,
      );
    }
    const host = dependencies.hosts.get(drive.host).drives;
    await host.write(volumeOf(drive, dependencies.keyring), offset, bytes, lengthBytes);
  } finally {
    await release();
  }
  dependencies.counters.add(drive.uuid, { writeBytes: lengthBytes, writeRequests: 1 });
}

function sizeWord(name: string, word: string | undefined): number {
  const bytes = parseSize(word ?? "");
  if (bytes === null) {
    throw usage(
      "malformed_parameter",
      `${name} is a number of bytes, optionally with a k, M, G or T suffix, not ${shown(word ?? "")}`,
    );
  }
  return bytes;
}
