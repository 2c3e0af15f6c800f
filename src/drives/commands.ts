/** The commands on drives: one entry for each row of the specification. */
import type { Declared, Example, Request } from "../api/command.ts";
import { readInput } from "../api/input.ts";
import type { Properties } from "../api/properties.ts";
import { shown } from "../api/shown.ts";
import { usage } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import { mapPages } from "../base/pages.ts";
import { allSoon, type Soon, whenThere } from "../base/soon.ts";
import type { Conversion } from "../host/host.ts";
import { repeatOf } from "../operations/idempotency.ts";
import { driveAnswer, unreadableAnswer } from "./answer.ts";
import { DRIVE_ERRORS } from "./command-errors.ts";
import { addIo, NO_IO } from "./counters.ts";
import { type Drive, driveWord } from "./drive.ts";
import { DRIVE_EXAMPLES } from "./examples.ts";
import { ensureFetches, fetchDrive } from "./imaging/fetch.ts";
import { imageDrive, percentageOf } from "./imaging/image.ts";
import { DRIVE_KEYS, FETCH_KEYS } from "./keys.ts";
import { createDrive } from "./lifecycle/create.ts";
import { destroyDrive } from "./lifecycle/destroy.ts";
import { setDrive } from "./lifecycle/set.ts";
import type { DriveRecords, UnreadableDrive } from "./records.ts";
import {
  type DriveCommandDependencies as Dependencies,
  locatedDrive,
  ownDrive,
  readableDrive,
} from "./requested-drive.ts";
import { downloadBytes, readBytes, writeBytes } from "./transfer.ts";

/** The drives that a command is about, and an example of them. */
type Several = {
  readonly drives: (records: DriveRecords, user: UserId) => ReturnType<DriveRecords["ofUser"]>;
  readonly listed: (records: DriveRecords, user: UserId) => ReturnType<DriveRecords["listedOf"]>;
  readonly example: Example;
};

const OWN: Several = {
  drives: (records, user) => records.ofUser(user),
  listed: (records, user) => records.listedOf(user),
  example: DRIVE_EXAMPLES.infoOfAll,
};

/** Beyond the specification's text: what clients list its pre-installed images and CDs by (real clients: 7). */
const STANDARD: Several = {
  drives: (records, user) => records.standard(user),
  listed: (records) => records.listedStandard(),
  example: DRIVE_EXAMPLES.infoOfStandard,
};

export const DRIVE_COMMANDS: readonly Declared<Dependencies>[] = [
  list("drives/list", "List all drives", OWN),
  info("drives/DRIVE/info", "Get single drive info", false),
  info("drives/DRIVE/info/full", "Get single drive info, with the percentage of an imaging", true),
  infoOfAll("drives/info", "Get all drives info", OWN, false),
  infoOfAll("drives/info/full", "Get all drives info, with the percentages of imagings", OWN, true),
  {
    path: "drives/create",
    creates: true,
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
      destroyDrive(dependencies, (await locatedDrive(dependencies, request)).uuid, request.requestId),
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
    path: "drives/DRIVE/fetch",
    summary: "Image a drive from a URL",
    effect: "changes",
    takes: "properties",
    keys: FETCH_KEYS.toCreate,
    returns: "nothing",
    errors: DRIVE_ERRORS.fetch,
    example: DRIVE_EXAMPLES.fetch,
    offered: ({ fetches }) => fetches,
    run: fetch,
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
    path: "drives/DRIVE/download[/OFFSET]",
    summary: "Download all of a drive as a file",
    effect: "reads",
    takes: "nothing",
    returns: "bytes",
    errors: DRIVE_ERRORS.download,
    example: DRIVE_EXAMPLES.download,
    run: downloadBytes,
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
  list("drives/standard/list", "List all standard images and CDs", STANDARD),
  list("drives/list/standard", "List all standard images and CDs", STANDARD),
  infoOfAll("drives/standard/info", "Get info of all standard images and CDs", STANDARD),
  infoOfAll("drives/info/standard", "Get info of all standard images and CDs", STANDARD),
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

function list(path: string, summary: string, { listed }: Several): Declared<Dependencies> {
  return {
    path,
    summary,
    effect: "reads",
    takes: "nothing",
    returns: "list",
    answers: DRIVE_KEYS.named("drive"),
    errors: DRIVE_ERRORS.list,
    example: DRIVE_EXAMPLES.list,
    run: async ({ records }, { caller }) =>
      mapPages(listed(records, caller.user), (page) => page.map(({ uuid }) => [["drive", uuid]])),
  };
}

function infoOfAll(
  path: string,
  summary: string,
  { drives, example }: Several,
  isFull = false,
): Declared<Dependencies> {
  return {
    path,
    summary,
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: DRIVE_KEYS.keys,
    errors: DRIVE_ERRORS.infoOfAll,
    example,
    run: async (dependencies, { caller }) =>
      mapPages(drives(dependencies.records, caller.user), (page) =>
        allSoon(page.map((drive) => entry(dependencies, drive, caller.user, isFull))),
      ),
  };
}

/** One of a list. */
function entry(
  dependencies: Dependencies,
  drive: Drive | UnreadableDrive,
  user: UserId,
  isFull = false,
): Soon<Properties> {
  return "unreadable" in drive ? unreadableAnswer(drive) : answer(dependencies, drive, user, isFull);
}

/** @param seen the drive as the caller may see it; its counters are of all that use it */
function answer(
  dependencies: Dependencies,
  drive: Drive,
  user: UserId,
  isFull = false,
  seen = drive,
): Soon<Properties> {
  const stored = addIo(drive.io, dependencies.counters.pending(drive.uuid));
  const guests = drive.claimed.length === 0 ? NO_IO : dependencies.guestIo(drive);
  const isRunning = drive.imaging?.state === "running";
  const percentage = () => (isFull && isRunning ? percentageOf(dependencies, drive) : isFull ? 0 : null);
  return whenThere(guests, (io) =>
    whenThere(percentage(), (done) => driveAnswer(seen, addIo(stored, io), { user, percentage: done })),
  );
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

async function fetch(dependencies: Dependencies, request: Request): Promise<void> {
  ensureFetches(dependencies);
  const { uuid, user } = await ownDrive(dependencies, request);
  const given = readInput(FETCH_KEYS, request.input, "create");
  const [url, sha256] = [given.get("url"), given.get("sha256") ?? null];
  await fetchDrive(dependencies, {
    ...{ target: uuid, user, url: String(url), sha256: sha256 === null ? null : String(sha256) },
    request: request.requestId,
  });
}

function conversionWord(word: string | undefined): Conversion | null {
  if (word === undefined || word === "gzip" || word === "gunzip") return word ?? null;
  throw usage("malformed_parameter", `CONVERSION is gzip or gunzip, not ${shown(word)}`);
}
