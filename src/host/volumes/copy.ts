/**
 * Copying a volume's bytes as they are, by `qemu-img convert`: QEMU's block layer on both sides, and no more processes
 * between them than one. What is a hole in the source, or zeroes, costs nothing and stays a hole.
 */
import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { Volume } from "../host.ts";
import type { Sandboxer, View } from "../process/sandbox.ts";
import { unnamedFile } from "../process/unnamed-file.ts";
import { startWorker } from "../process/worker.ts";
import type { NbdAddress } from "../wire/nbd.ts";
import type { Cages } from "./cages.ts";
import { type BlockdevOptions, readingNode } from "./nodes.ts";
import type { StagingVolume } from "./staging-volume.ts";
import { KEEPS_MEMORY } from "./storage-daemon.ts";
import { layout, longestBytes, secretOf, type VolumeFolder, volumeName } from "./volume-file.ts";
import { whileItWorks } from "./worker-watch.ts";

/** Where a source is read: in its file when nobody writes on it, else through whoever does. */
export type CopySource = { readonly file: Volume } | { readonly nbd: NbdAddress };

export type CopyOptions = {
  readonly cages: Cages;
  readonly sandboxer: Sandboxer;
  readonly onProgress: (part: number) => void;
  readonly signal: AbortSignal;
  /** How long the worker may do nothing. */
  readonly quietMs: number;
};

/** The first descriptor that a worker inherits. */
const FIRST_DESCRIPTOR = 3;

/**
 * Copies the whole source, in whole sectors, into a staging volume that reads as zeroes and is at least as large, and
 * that nobody has open. It is on stable storage only after a sync of its own. Errors: the worker's; DeadlineExceeded.
 */
export async function copyVolume(
  { home }: VolumeFolder,
  source: CopySource,
  staging: StagingVolume,
  { cages, sandboxer, onProgress, signal, quietMs }: CopyOptions,
): Promise<void> {
  const file = "file" in source ? source.file : null;
  const cage = await cages.copier(staging, file);
  const secrets = [
    ...(file !== null && file.cipher !== "none" ? [{ id: "source", volume: file }] : []),
    ...(staging.cipher === "none" ? [] : [{ id: "target", volume: staging }]),
  ];
  const files: FileHandle[] = [];
  let connection: Socket | null = null;
  try {
    for (const { volume } of secrets) files.push(await unnamedFile(secretOf(volume), cage.uid));
    if ("nbd" in source) connection = await connectionTo(source.nbd);
    const objects = secrets.flatMap(({ id }, index) => [
      "--object",
      JSON.stringify({ "qom-type": "secret", id, file: `/dev/fd/${FIRST_DESCRIPTOR + index}` }),
    ]);
    const opened =
      "file" in source
        ? readingNode(source.file, "source")
        : exportNode(source.nbd, FIRST_DESCRIPTOR + files.length);
    const options = ["-p", "-n", "--target-is-zero", ...objects, "--target-image-opts"];
    const copying = startWorker(
      ["qemu-img", "convert", ...options, `json:${JSON.stringify(opened)}`, targetOptions(staging)],
      {
        ...{ cage, sandboxer, env: KEEPS_MEMORY, signal },
        inherited: [...files.map(({ fd }) => fd), ...(connection === null ? [] : [connection])],
        view: viewOf(home, file, staging),
        fileBytes: longestBytes(staging),
      },
    );
    connection?.destroy();
    copying.child.stdin.end();
    copying.child.stdout.setEncoding("latin1").on("data", (text: string) => {
      const part = lastPercentage(text);
      if (part !== null) onProgress(part / 100);
    });
    await whileItWorks("qemu-img", copying, quietMs);
  } finally {
    connection?.destroy();
    await Promise.all(files.map((each) => each.close()));
    await cage.clear();
  }
}

/** What a copying worker sees: the two volumes' files; what another process reads comes by a connection that is open. */
export function viewOf(home: string, source: Volume | null, staging: StagingVolume): View {
  const reads = source === null ? [] : [join(home, volumeName(source))];
  return { reads, writes: [join(home, volumeName(staging))], cwd: home };
}

/**
 * A connection for another process, of which nothing is read here. Whoever is given it reaches that export's server once,
 * and never again. Errors: the socket's.
 */
async function connectionTo({ socketPath }: NbdAddress): Promise<Socket> {
  const socket = connect(socketPath).pause();
  await once(socket, "connect");
  return socket;
}

/** The last percentage in what `qemu-img -p` writes: `    (12.34/100%)\r`. */
export function lastPercentage(text: string): number | null {
  const all = [...text.matchAll(/\((\d+\.\d+)\/100%\)/g)];
  const last = all.at(-1)?.[1];
  return last === undefined ? null : Number(last);
}

/** Its name is made of a uuid: there is nothing in it to be escaped. */
function targetOptions(staging: StagingVolume): string {
  const secret = layout(staging) === "luks-qcow2" ? "encrypt.key-secret=target," : "";
  return `driver=${staging.format},${secret}file.driver=file,file.filename=${volumeName(staging)}`;
}

const exportNode = ({ exportName }: NbdAddress, descriptor: number): BlockdevOptions => ({
  driver: "nbd",
  server: { type: "fd", str: String(descriptor) },
  export: exportName,
  "read-only": true,
});
