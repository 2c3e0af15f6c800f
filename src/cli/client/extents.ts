/**
 * The extents of a file: where it holds data, and where holes, which need not be read. Node has no `SEEK_DATA`; QEMU's
 * `qemu-img map` (package qemu-utils) tells what that answers, and without it all of a file counts as data.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** From the first byte up to the one behind the last. */
export type Extent = { readonly start: number; readonly end: number };

/** A part of a file as `qemu-img map` tells it. */
type Mapped = { readonly start: number; readonly length: number; readonly zero: boolean };

/** It answers at once, but for a file whose parts are many, on a disk that is slow. */
const SILENCE_MS = 30_000;

/**
 * The extents of data in a file of `sizeBytes`, in order. What nobody tells of counts as data.
 *
 * @param command what maps the file that is its standard input
 */
export async function* dataExtents(
  file: FileHandle,
  sizeBytes: number,
  command: readonly string[] = ["qemu-img", "map", "-U", "-f", "raw", "--output=json", "/dev/stdin"],
): AsyncGenerator<Extent> {
  let told = 0;
  for await (const { start, length, zero } of mapped(file, command)) {
    if (start !== told) break;
    told = Math.min(start + length, sizeBytes);
    if (!zero && start < told) yield { start, end: told };
  }
  if (told < sizeBytes) yield { start: told, end: sizeBytes };
}

/** What the program tells, up to where it fails, falls silent or says something else. */
async function* mapped(file: FileHandle, [program = "", ...args]: readonly string[]): AsyncGenerator<Mapped> {
  // The file goes by its descriptor: its name may be no text, or mean something to QEMU.
  const child = spawn(program, args, { stdio: [file.fd, "pipe", "ignore"] });
  const isThere = await once(child, "spawn").then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  const silence = setTimeout(() => child.kill("SIGKILL"), SILENCE_MS);
  try {
    for await (const line of createInterface(child.stdout as Readable)) {
      silence.refresh();
      const part = partIn(line);
      if (part === null) return;
      yield part;
    }
  } finally {
    clearTimeout(silence);
    child.kill("SIGKILL");
  }
}

/** A line is one element of a list, with the list's brackets and commas around it. */
function partIn(line: string): Mapped | null {
  const [first, last] = [line.indexOf("{"), line.lastIndexOf("}")];
  if (first === -1) return null;
  try {
    const { start, length, zero } = JSON.parse(line.slice(first, last + 1)) as Partial<
      Record<keyof Mapped, unknown>
    >;
    if (typeof start !== "number" || typeof length !== "number" || typeof zero !== "boolean") return null;
    return { start, length, zero };
  } catch {
    return null;
  }
}

/** A piece of a file, with the part of it that holds data; null where none does. */
export type Span = { readonly offset: number; readonly lengthBytes: number; readonly data: Extent | null };

/** Cuts a file of `sizeBytes` from `offset` on into pieces of `pieceBytes`; only the last may be shorter. */
export async function* spans(
  extents: AsyncIterable<Extent>,
  offset: number,
  sizeBytes: number,
  pieceBytes: number,
): AsyncGenerator<Span> {
  const left = extents[Symbol.asyncIterator]();
  try {
    let extent = await nextOf(left);
    for (let start = offset; start < sizeBytes; start += pieceBytes) {
      const end = Math.min(start + pieceBytes, sizeBytes);
      let data = null as Extent | null;
      while (extent !== null && extent.start < end) {
        if (extent.end > start)
          data = { start: data?.start ?? Math.max(extent.start, start), end: Math.min(extent.end, end) };
        if (extent.end > end) break;
        extent = await nextOf(left);
      }
      yield { offset: start, lengthBytes: end - start, data };
    }
  } finally {
    await left.return?.();
  }
}

async function nextOf(extents: AsyncIterator<Extent>): Promise<Extent | null> {
  const { done, value } = await extents.next();
  return done ? null : value;
}
