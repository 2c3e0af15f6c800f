/**
 * A disk in memory, as far as POSIX promises anything of one: what was synced is there after a loss of power, and what was
 * not may be there or not. A file's bytes become durable by a sync of the file (fsync(2), fdatasync(2)), its name by a sync of
 * the folder.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Event } from "./trace.ts";

const SECTOR_BYTES = 512;

type Change = { readonly seq: number; readonly on: (bytes: Buffer) => Buffer };

class File {
  current: Buffer = Buffer.alloc(0);
  durable: Buffer = Buffer.alloc(0);
  pending: Change[] = [];

  change(seq: number, on: Change["on"]): void {
    this.current = on(this.current);
    this.pending.push({ seq, on });
  }

  sync(from: number): void {
    for (const { seq, on } of this.pending) if (seq < from) this.durable = on(this.durable);
    this.pending = this.pending.filter(({ seq }) => seq >= from);
  }

  /** What may be there: of what is not synced some, each perhaps in part, and none of the order. */
  torn(chance: () => number): Buffer {
    const kept = this.pending.filter(() => chance() < 0.5);
    return kept.reduce((bytes, { on }) => {
      const after = on(bytes);
      return chance() < 0.7 ? after : mixed(bytes, after, chance);
    }, this.durable);
  }
}

/** Sectors of the one and of the other. */
function mixed(before: Buffer, after: Buffer, chance: () => number): Buffer {
  const bytes = Buffer.from(after);
  for (let at = 0; at + SECTOR_BYTES <= Math.min(before.length, after.length); at += SECTOR_BYTES) {
    if (chance() < 0.5) before.copy(bytes, at, at, at + SECTOR_BYTES);
  }
  return bytes;
}

type Names = Map<string, File | Folder>;

class Folder {
  current: Names = new Map();
  durable: Names = new Map();
  pending: { readonly seq: number; readonly on: (names: Names) => void }[] = [];

  change(seq: number, on: (names: Names) => void): void {
    on(this.current);
    this.pending.push({ seq, on });
  }

  sync(from: number): void {
    for (const { seq, on } of this.pending) if (seq < from) on(this.durable);
    this.pending = this.pending.filter(({ seq }) => seq >= from);
  }

  fill(folder: string): void {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const node = entry.isDirectory() ? new Folder() : new File();
      if (node instanceof Folder) node.fill(path);
      else node.current = node.durable = readFileSync(path);
      this.current.set(entry.name, node);
      this.durable.set(entry.name, node);
    }
  }

  /** What may be there: a file system keeps the order of what is done to names. */
  torn(chance: () => number): Names {
    const names = new Map(this.durable);
    const kept = Math.floor(chance() * (this.pending.length + 1));
    for (const { on } of this.pending.slice(0, kept)) on(names);
    return names;
  }
}

/**
 * How much of what was not synced is there: nothing, all, or what chance says. `all` is what a process that is killed leaves.
 */
export type Loss = "nothing" | "all" | (() => number);

export class Disk {
  readonly #top: string;
  readonly #root = new Folder();

  /** @param top the folder, as a path, of which the disk has what is below it, and nothing at first */
  constructor(top: string) {
    this.#top = top;
  }

  /** Has what is in the real folder, which is the top's like, as what was synced long ago. */
  fill(folder: string): void {
    this.#root.fill(folder);
  }

  apply(event: Event): void {
    const { seq } = event;
    switch (event.does) {
      case "answer":
        return;
      case "create":
        this.#create(event.path, event.empties, seq);
        return;
      case "write":
        this.#file(event.path)?.change(seq, (bytes) => written(bytes, event.offset, event.bytes));
        return;
      case "copy": {
        const copied = this.#file(event.source)?.current;
        const bytes = Buffer.from(
          copied?.subarray(event.sourceOffset, event.sourceOffset + event.length) ?? [],
        );
        this.#file(event.path)?.change(seq, (into) => written(into, event.offset, bytes));
        return;
      }
      case "truncate":
        this.#file(event.path)?.change(seq, (bytes) => sized(bytes, event.size));
        return;
      case "zero":
        this.#file(event.path)?.change(seq, (bytes) => zeroed(bytes, event.offset, event.length));
        return;
      case "sync":
        this.#at(event.path)?.sync(event.from);
        return;
      default:
        this.#rename(event);
    }
  }

  /** Writes what is there after a loss of power to a real folder, which is empty. */
  writeTo(folder: string, loss: Loss): void {
    materialize(this.#root, folder, loss);
  }

  #rename(event: Extract<Event, { readonly path: string }>): void {
    const { seq, path } = event;
    const name = basename(path);
    const node = this.#at(path);
    const parent = this.#parent(path);
    switch (event.does) {
      case "mkdir":
        parent.change(seq, this.#setting(name, new Folder()));
        return;
      case "unlink":
      case "rmdir":
        parent.change(seq, (names) => names.delete(name));
        return;
      case "link":
      case "rename":
        if (node === undefined) throw new Error(`${path} is renamed and is not there`);
        this.#parent(event.to).change(seq, (names) => {
          if (event.does === "rename") names.delete(name);
          names.set(basename(event.to), node);
        });
        return;
      default:
        throw new Error(`${event.does} is no change of a name`);
    }
  }

  #create(path: string, empties: boolean, seq: number): void {
    const found = this.#file(path);
    if (found === undefined) this.#parent(path).change(seq, this.#setting(basename(path), new File()));
    else if (empties) found.change(seq, () => Buffer.alloc(0));
  }

  #setting = (name: string, node: File | Folder) => (names: Names) => void names.set(name, node);

  #file(path: string): File | undefined {
    const node = this.#at(path);
    return node instanceof File ? node : undefined;
  }

  #parent(path: string): Folder {
    const node = this.#at(dirname(path));
    if (!(node instanceof Folder)) throw new Error(`${path} is in no folder`);
    return node;
  }

  #at(path: string): File | Folder | undefined {
    let node: File | Folder | undefined = this.#root;
    for (const name of path.slice(this.#top.length).split("/").filter(Boolean)) {
      node = node instanceof Folder ? node.current.get(name) : undefined;
    }
    return node;
  }
}

function materialize(folder: Folder, path: string, loss: Loss): void {
  const names = loss === "nothing" ? folder.durable : loss === "all" ? folder.current : folder.torn(loss);
  for (const [name, node] of names) {
    const at = join(path, name);
    if (node instanceof Folder) {
      mkdirSync(at);
      materialize(node, at, loss);
      continue;
    }
    const bytes = loss === "nothing" ? node.durable : loss === "all" ? node.current : node.torn(loss);
    writeFileSync(at, bytes);
  }
}

function sized(bytes: Buffer, size: number): Buffer {
  const after = Buffer.alloc(size);
  bytes.copy(after);
  return after;
}

function written(bytes: Buffer, offset: number, what: Buffer): Buffer {
  const after = sized(bytes, Math.max(bytes.length, offset + what.length));
  what.copy(after, offset);
  return after;
}

function zeroed(bytes: Buffer, offset: number, length: number): Buffer {
  return Buffer.from(bytes).fill(0, offset, Math.min(bytes.length, offset + length));
}
