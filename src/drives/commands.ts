/** The commands on drives: one entry for each row of the specification. */
import type { Command, Request } from "../api/command.ts";
import { full, usage } from "../api/errors.ts";
import { readInput, shown } from "../api/input.ts";
import type { Properties } from "../api/properties.ts";
import { parseSize } from "../api/value.ts";
import type { IoCounters } from "../host/host.ts";
import { driveAnswer } from "./answer.ts";
import { addIo, type DriveCounters } from "./counters.ts";
import { type Drive, driveWord } from "./drive.ts";
import { DRIVE_KEYS } from "./keys.ts";
import { createDrive, type DriveParts, destroyDrive, driveImage, refuseHeld, setDrive } from "./lifecycle.ts";
import type { DriveRecords } from "./records.ts";

/** The most that one read answers (spec: read binary data from a drive). */
const MOST_READ_BYTES = 4 * 2 ** 20;

type Parts = DriveParts & {
  readonly records: DriveRecords;
  readonly counters: DriveCounters;
  /** What the servers that hold the drive have read and written since they started. */
  readonly guestIo: (drive: Drive) => Promise<IoCounters>;
};

export function driveCommands(parts: Parts): readonly Command[] {
  const { records, counters, host, keyring, guestIo } = parts;

  async function answer(drive: Drive): Promise<Properties> {
    const stored = addIo(drive.io, counters.pending(drive.uuid));
    return driveAnswer(drive, drive.claimed.length === 0 ? stored : addIo(stored, await guestIo(drive)));
  }

  const ownDrive = ({ words, caller }: Request) => records.own(driveWord(words["DRIVE"]), caller.user);

  async function read({ words, caller }: Request): Promise<Uint8Array> {
    const drive = await records.readable(driveWord(words["DRIVE"]), caller.user);
    const offset = sizeWord("OFFSET", words["OFFSET"]);
    const size = sizeWord("SIZE", words["SIZE"]);
    if (size > MOST_READ_BYTES)
      throw usage(`SIZE is at most ${MOST_READ_BYTES} bytes for one read, not ${size}`);
    if (offset >= drive.sizeBytes)
      throw usage(`OFFSET ${offset} is past the end: the drive has ${drive.sizeBytes} bytes`);
    const length = Math.min(size, drive.sizeBytes - offset);
    const bytes = await host.drives.read(driveImage(drive, keyring), offset, length);
    counters.add(drive.uuid, { readBytes: length, readRequests: 1 });
    return bytes;
  }

  async function write(request: Request): Promise<void> {
    const drive = await ownDrive(request);
    const offset = sizeWord("OFFSET", request.words["OFFSET"] ?? "0");
    refuseHeld(drive);
    if (offset + (request.lengthBytes ?? 0) > drive.sizeBytes) {
      throw full(`the write passes the end of the drive, which has ${drive.sizeBytes} bytes`);
    }
    if (request.bytes === undefined) return;
    const written = await host.drives.write(
      driveImage(drive, keyring),
      offset,
      request.bytes,
      request.lengthBytes,
    );
    counters.add(drive.uuid, { writeBytes: written, writeRequests: 1 });
  }

  return [
    {
      path: "drives/list",
      summary: "List all drives",
      effect: "reads",
      takes: "nothing",
      returns: "list",
      run: async ({ caller }) => (await records.ofUser(caller.user)).map(({ uuid }) => [["drive", uuid]]),
    },
    {
      path: "drives/DRIVE/info",
      summary: "Get single drive info",
      effect: "reads",
      takes: "nothing",
      returns: "properties",
      run: async ({ words, caller }) =>
        answer(await records.readable(driveWord(words["DRIVE"]), caller.user)),
    },
    {
      path: "drives/info",
      summary: "Get all drives info",
      effect: "reads",
      takes: "nothing",
      returns: "properties list",
      run: async ({ caller }) => Promise.all((await records.ofUser(caller.user)).map(answer)),
    },
    {
      path: "drives/create",
      summary: "Create a drive",
      effect: "changes",
      takes: "properties",
      keys: DRIVE_KEYS.keys,
      returns: "properties",
      async run({ caller, input }) {
        const uuid = await createDrive(parts, caller.user, readInput(DRIVE_KEYS, input, "create"));
        return answer(await records.own(uuid, caller.user));
      },
    },
    {
      path: "drives/DRIVE/destroy",
      summary: "Destroy a drive",
      effect: "changes",
      takes: "nothing",
      returns: "nothing",
      run: async (request) => destroyDrive(parts, (await ownDrive(request)).uuid),
    },
    {
      path: "drives/DRIVE/set",
      summary: "Set extra drive data",
      effect: "changes",
      takes: "properties",
      keys: DRIVE_KEYS.keys,
      returns: "properties",
      async run(request) {
        const { uuid } = await ownDrive(request);
        await setDrive(parts, uuid, readInput(DRIVE_KEYS, request.input, "stopped"));
        return answer(await records.own(uuid, request.caller.user));
      },
    },
    {
      path: "drives/DRIVE/read/OFFSET/SIZE",
      summary: "Read binary data from a drive",
      effect: "reads",
      takes: "nothing",
      returns: "bytes",
      run: read,
    },
    {
      path: "drives/DRIVE/write[/OFFSET]",
      summary: "Write binary data to a drive",
      effect: "changes",
      takes: "bytes",
      returns: "nothing",
      run: write,
    },
  ];
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
