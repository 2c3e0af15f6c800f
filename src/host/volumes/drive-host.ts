/**
 * The drives of this host: files on its disk, read and written through QEMU's block layer by whoever has them open, the
 * storage daemon or a running server's QEMU.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { busy } from "../../base/errors.ts";
import { openGate } from "../../base/read-write-lock.ts";
import type { Attachment, Attachments, AttachRequest, HeldBy } from "../attachment.ts";
import type { DriveHost, DriveImage } from "../host.ts";
import { connectNbd } from "../wire/nbd.ts";
import { closeLeft } from "./daemon-exports.ts";
import { driveExports } from "./exports.ts";
import { ChangedHands, following, told } from "./faults.ts";
import { createImage, destroyImage, imageSpace, listImages, removeUnfinished } from "./image-file.ts";
import { driveImagings } from "./imaging.ts";
import { fileNode, nbdNode } from "./nodes.ts";
import { resizeImage } from "./resize.ts";
import { sharedDrives } from "./shared-drives.ts";
import { storageDaemon } from "./storage-daemon.ts";
import { readRange, type Target, writeStream } from "./transfer.ts";

export type DriveHostOptions = {
  /** The cloud's home; drives are in its folder `drives`, the storage daemon's words in `log`. */
  readonly home: string;
  /** For sockets: short and, where possible, on tmpfs. Whoever has the uid must be able to traverse it. */
  readonly runDir: string;
  /** Who QEMU runs as and drives' files belong to; null: our own user. */
  readonly uid: number | null;
  readonly heldBy: HeldBy;
  /** The drive as it is now, null when there is none (any more): for drives that servers use since an earlier run. */
  findDrive(uuid: string): Promise<DriveImage | null>;
  /** Told of what went wrong in the background and is tried again. */
  onTrouble(error: unknown): void;
};

export type LocalDrives = DriveHost &
  Attachments & {
    /** Ends the storage daemon, unless servers use drives through it. */
    close(): Promise<void>;
  };

/** Opens the drives of a home. Errors: `failed` when the storage daemon does not come up. */
export async function openDriveHost(options: DriveHostOptions): Promise<LocalDrives> {
  const { home, runDir, uid, heldBy, findDrive, onTrouble } = options;
  const folder = { home, scratchDir: runDir, uid };
  const daemon = storageDaemon(
    {
      home,
      socketDir: join(runDir, "blocks"),
      logFile: join(home, "log", "storage-daemon.log"),
      uid,
    },
    {
      async onBegin(session) {
        if (session.adopted) exports.adopt(session, await closeLeft(session));
      },
      onLost() {
        exports.forget();
        shared.restore();
      },
    },
  );
  const exports = driveExports(daemon.session, onTrouble);
  const shared = sharedDrives(exports, onTrouble);
  const gate = openGate();
  /** Exclusive drives that were handed to a server, by the drive. */
  const attached = new Map<string, string>();

  /** Where a running server's QEMU is to be asked, null when the drive is ours to open. */
  const holder = (uuid: string) => (shared.isHeld(uuid) ? null : heldBy(uuid));
  const isAway = (uuid: string) => attached.has(uuid) || holder(uuid) !== null;

  function refuseWritten(uuid: string): void {
    if (gate.isWritten(uuid)) throw busy(`drive ${uuid} is being written`);
  }

  function refuseAway(uuid: string): void {
    if (shared.isHeld(uuid) || isAway(uuid)) throw busy(`drive ${uuid} is in use by a server`);
  }

  /** Has the drive closed, and kept so while `work` goes on. */
  const closed = <T>(uuid: string, work: () => Promise<T>) =>
    gate.alone(uuid, async () => {
      shared.forget(uuid);
      await following(() => exports.release(uuid));
      return work();
    });

  const imagings = driveImagings({
    folder,
    exports,
    gate,
    holder,
    isShared: shared.isHeld,
    isAway,
    closed,
    onTrouble,
  });

  async function readOnce(drive: DriveImage, offset: number, length: number): Promise<Buffer> {
    const where = holder(drive.uuid);
    if (where === null) {
      return gate.share(drive.uuid, "read", () => {
        if (isAway(drive.uuid)) throw new ChangedHands(drive.uuid);
        return exports.use(drive, (nbd) => readRange(nbd, offset, length));
      });
    }
    const address = await where().catch((cause: unknown) => {
      throw new ChangedHands(drive.uuid, { cause });
    });
    const nbd = await connectNbd(address);
    try {
      return await readRange(nbd, offset, length);
    } finally {
      await nbd.close();
    }
  }

  /** Says what came of it when `work` fails for a reason that is not for the caller. */
  const telling = <T>(sentence: string, work: Promise<T>) =>
    work.catch((error: unknown) => {
      throw told(error, sentence);
    });

  function write(drive: DriveImage, bytes: AsyncIterable<Uint8Array>, target: Target): Promise<number> {
    return gate.share(drive.uuid, "write", async () => {
      refuseAway(drive.uuid);
      imagings.refuse(drive.uuid, "change");
      // The stream can be read once only: that the drive is open and the daemon there is made sure of before.
      await following(() => exports.use(drive, (nbd) => nbd.read(0, Buffer.alloc(1))));
      return exports.use(drive, (nbd) => writeStream(nbd, bytes, target));
    });
  }

  async function resize(drive: DriveImage, sizeBytes: number): Promise<void> {
    refuseWritten(drive.uuid);
    refuseAway(drive.uuid);
    imagings.refuse(drive.uuid, "change");
    const parts = { folder, exports, session: daemon.session };
    await closed(drive.uuid, () => following(() => resizeImage(parts, drive, sizeBytes)));
  }

  async function attach(server: string, request: AttachRequest): Promise<Attachment> {
    const { drive, shared: isShared, ...wishes } = request;
    imagings.refuse(drive.uuid, wishes.readOnly ? "read" : "change");
    if (isShared) {
      const address = await following(() => shared.hold(server, drive));
      return { blockdev: nbdNode(address, wishes), secret: null };
    }
    refuseWritten(drive.uuid);
    return closed(drive.uuid, async () => {
      attached.set(drive.uuid, server);
      return fileNode(drive, wishes);
    });
  }

  async function destroy(uuid: string): Promise<void> {
    imagings.refuse(uuid, "change");
    await closed(uuid, () => destroyImage(folder, uuid));
  }

  await mkdir(join(home, "drives"), { recursive: true, mode: 0o711 });
  await mkdir(join(home, "log"), { recursive: true, mode: 0o711 });
  await removeUnfinished(folder);
  await daemon.session();

  return {
    create: (drive) =>
      telling(
        `drive ${drive.uuid} could not be made`,
        gate.alone(drive.uuid, () => createImage(folder, drive)),
      ),
    resize: (drive, sizeBytes) =>
      telling(`drive ${drive.uuid} could not be resized`, resize(drive, sizeBytes)),
    destroy: (uuid) => telling(`drive ${uuid} could not be removed`, destroy(uuid)),
    read: (drive, offset, length) =>
      telling(
        `drive ${drive.uuid} could not be read`,
        following(() => readOnce(drive, offset, length)),
      ),
    write: (drive, offset, bytes, lengthBytes = 0) =>
      telling(
        `drive ${drive.uuid} could not be written; send it again`,
        write(drive, bytes, { offset, lengthBytes, endBytes: drive.sizeBytes }),
      ),
    image: (imaging) =>
      telling(`drive ${imaging.target.uuid} could not be imaged; try it again`, imagings.image(imaging)),
    present: () => listImages(folder),
    space: () => imageSpace(folder),

    attach: (server, request) =>
      telling(`drive ${request.drive.uuid} could not be attached`, attach(server, request)),
    async resume(server, uuid) {
      const drive = await findDrive(uuid);
      if (drive !== null) await following(() => shared.hold(server, drive));
    },
    async detach(server) {
      for (const [uuid, holder] of attached) if (holder === server) attached.delete(uuid);
      shared.letGo(server);
    },

    async close() {
      shared.close();
      await daemon.close(await exports.close());
    },
  };
}
