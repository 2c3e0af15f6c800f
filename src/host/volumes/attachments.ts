/** How drives go to servers, exclusive ones with their file and shared ones over NBD, and come back. */
import { basename, dirname } from "node:path";
import type { AdoptedDrive, Attachment, AttachRequest, Exporter } from "../attachment.ts";
import type { Volume } from "../host.ts";
import type { DriveTable } from "./drive-table.ts";
import type { DriveExport, Exports } from "./exports.ts";
import { retryWhileMoving } from "./faults.ts";
import { fileNode, nbdNode } from "./nodes.ts";
import type { StorageDaemons } from "./storage-daemons.ts";
import { longestBytes, volumeName } from "./volume-file.ts";

type Dependencies = {
  readonly table: DriveTable<DriveExport>;
  readonly exports: Exports;
  readonly daemons: Pick<StorageDaemons, "giveOwn">;
  /** Has the drive closed, and kept so while `work` goes on. */
  closed<T>(uuid: string, work: () => Promise<T>): Promise<T>;
};

/** As `Attachments` says, with the errors as they come. */
export class DriveAttachments {
  readonly #dependencies: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  async attach(server: string, request: AttachRequest, exporter: Exporter): Promise<Attachment> {
    return request.shared
      ? this.#attachShared(server, request)
      : this.#attachExclusive(server, request, exporter);
  }

  adopt(server: string, drives: readonly AdoptedDrive[]): void {
    const { table } = this.#dependencies;
    for (const { drive, shared, exporter } of drives) {
      if (shared) table.apply(drive, { do: "adoptShared", server });
      else table.apply(drive, { do: "adoptAttached", server, exporter });
    }
  }

  /** The server runs already: it does not begin to write on what a job reads. */
  async share(server: string, volume: Volume): Promise<void> {
    const { table, exports } = this.#dependencies;
    table.apply(volume.uuid, { do: "share", server, volume, readOnly: true });
    await retryWhileMoving(volume.uuid, () => exports.share(volume));
  }

  detach(server: string): void {
    const { table, exports } = this.#dependencies;
    for (const uuid of table.detach(server)) exports.rest(uuid);
  }

  async #attachExclusive(server: string, request: AttachRequest, exporter: Exporter): Promise<Attachment> {
    const { table, closed } = this.#dependencies;
    const { volume, nodeName, readOnly, filename = volumeName(volume) } = request;
    const event = { do: "attach", server, exporter, readOnly: isReadOnly(request) } as const;
    // What is refused is refused at once, and not after what it would have waited for.
    table.ensureAllowed(volume.uuid, event);
    return closed(volume.uuid, async () => {
      const node = fileNode(volume, { nodeName, readOnly, filename });
      table.apply(volume.uuid, event);
      const file = { path: volumeName(volume), readOnly: event.readOnly, limitBytes: longestBytes(volume) };
      return { ...node, file, shown: null };
    });
  }

  async #attachShared(server: string, request: AttachRequest): Promise<Attachment> {
    const { exports } = this.#dependencies;
    const { volume, nodeName, readOnly } = request;
    const { uuid } = volume;
    await this.#share(server, request);
    try {
      const address = await retryWhileMoving(uuid, () => exports.share(volume));
      return {
        ...{ blockdev: nbdNode(address, { nodeName, readOnly }), secret: null },
        // By the folder a server finds the socket of the daemon that comes after this one. It is the socket's own.
        ...{
          file: null,
          shown: isAlone(address.socketPath) ? dirname(address.socketPath) : address.socketPath,
        },
      };
    } catch (error) {
      this.#dependencies.table.apply(uuid, { do: "detach", server });
      exports.rest(uuid);
      throw error;
    }
  }

  /** The first server finds it closed, and has it opened where nothing else is. */
  async #share(server: string, request: AttachRequest): Promise<void> {
    const { table, exports, daemons, closed } = this.#dependencies;
    const { volume } = request;
    const event = { do: "share", server, volume, readOnly: isReadOnly(request) } as const;
    table.ensureAllowed(volume.uuid, event);
    if (table.state(volume.uuid).is === "shared") return table.apply(volume.uuid, event);
    if (exports.isOpenInItsOwn(volume.uuid)) {
      table.apply(volume.uuid, event);
      // It may be on its way to its end, for want of users.
      daemons.giveOwn(volume.uuid);
      return;
    }
    await closed(volume.uuid, async () => {
      // Of two that come at once, the second finds it shared, and open perhaps.
      const isFirst = table.state(volume.uuid).is !== "shared";
      table.apply(volume.uuid, event);
      if (isFirst) daemons.giveOwn(volume.uuid);
    });
  }
}

/** Whether the socket has a folder of its own; that of a release before this one had none. */
const isAlone = (socketPath: string) => basename(socketPath) === "sock";

const isReadOnly = ({ readOnly, volume }: AttachRequest) => readOnly || volume.sealed !== undefined;
