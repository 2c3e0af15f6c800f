/**
 * What strace(1) recorded of a daemon and of all that it started, as events in the order in which they came about: what was
 * changed below a folder, what was synced, and what was answered. It is to be called with `-f -y -xx`.
 */

/** `seq` numbers the events; a sync covers what came before the number `from`, at which it began. */
export type Event = { readonly seq: number } & (
  | { readonly does: "create"; readonly path: string; readonly empties: boolean }
  | { readonly does: "write"; readonly path: string; readonly offset: number; readonly bytes: Buffer }
  | {
      readonly does: "copy";
      readonly path: string;
      readonly source: string;
      readonly sourceOffset: number;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly does: "truncate"; readonly path: string; readonly size: number }
  | { readonly does: "zero"; readonly path: string; readonly offset: number; readonly length: number }
  | { readonly does: "rename" | "link"; readonly path: string; readonly to: string }
  | { readonly does: "unlink" | "mkdir" | "rmdir"; readonly path: string }
  | { readonly does: "sync"; readonly path: string; readonly from: number }
  | { readonly does: "answer"; readonly status: number }
);

type What = Event extends infer E ? (E extends Event ? Omit<E, "seq"> : never) : never;

/** The calls that are recorded. */
export const TRACED =
  "openat,creat,write,pwrite64,pwritev,pwritev2,writev,ftruncate,truncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,sendto,sendmsg,copy_file_range,sendfile";

const CALL = /^(\d+) +(\w+)\((.*)\) += (-?\d+)/s;
const UNFINISHED = /^(\d+) +(.*) <unfinished \.\.\.>$/s;
const RESUMED = /^(\d+) +<\.\.\. \w+ resumed>(.*)$/s;
const STRING = /"((?:\\x[0-9a-f]{2})*)"/g;

const DESCRIPTOR = /\d+<((?:\\x[0-9a-f]{2})+)>/g;

const unescaped = (text: string) => Buffer.from(text.replaceAll("\\x", ""), "hex");
const strings = (text: string) => [...text.matchAll(STRING)].map(([, escaped]) => unescaped(escaped ?? ""));
/** What the first descriptor of a call's arguments is open on. */
const descriptorPath = (args: string) => {
  const escaped = /^\d+<((?:\\x[0-9a-f]{2})+)>/.exec(args)?.[1];
  return escaped === undefined ? "" : unescaped(escaped).toString();
};
/** Its arguments behind the last string or descriptor. */
const numbers = (args: string) => (/((?:, \d+)+)$/.exec(args)?.[1] ?? "").split(", ").slice(1).map(Number);

export class Trace {
  readonly events: Event[] = [];
  readonly #below: string;
  /** Calls that have begun, by their threads: their text, and which event was next then. */
  readonly #begun = new Map<string, { readonly text: string; readonly from: number }>();
  /** Where the next `write` of a file goes. */
  readonly #positions = new Map<string, number>();
  readonly #sizes = new Map<string, number>();

  /** @param below the folder that is looked at, as an absolute path */
  constructor(text: string, below: string) {
    this.#below = below;
    for (const line of text.split("\n")) this.#line(line);
  }

  #line(line: string): void {
    const from = this.events.length;
    const begun = UNFINISHED.exec(line);
    if (begun !== null) {
      const [, thread = "", text = ""] = begun;
      this.#begun.set(thread, { text: `${thread} ${text}`, from });
      // Whoever gets it may have it from now on.
      this.#answer(text);
      return;
    }
    const resumed = RESUMED.exec(line);
    const before = resumed === null ? undefined : this.#begun.get(resumed[1] ?? "");
    const whole = before === undefined ? line : `${before.text}${resumed?.[2]}`;
    const [, , call = "", args = "", result = "-1"] = CALL.exec(whole) ?? [];
    if (Number(result) < 0) return;
    if (before === undefined) this.#answer(whole.replace(/^\d+ +/, ""));
    this.#call(call, args, Number(result), before?.from ?? from);
  }

  #answer(text: string): void {
    if (!/^(write|writev|sendto|sendmsg)\(\d+<(?:\\x[0-9a-f]{2})*/.test(text)) return;
    const [first] = strings(text);
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(first?.subarray(0, 16).toString("latin1") ?? "")?.[1];
    if (status !== undefined) this.#add({ does: "answer", status: Number(status) });
  }

  #call(call: string, args: string, result: number, from: number): void {
    switch (call) {
      case "openat":
      case "creat":
        this.#open(call, args);
        return;
      case "rename":
      case "renameat":
      case "renameat2":
      case "link":
      case "linkat":
        this.#move(call.startsWith("rename") ? "rename" : "link", strings(args).map(String));
        return;
      case "unlink":
      case "unlinkat":
      case "mkdir":
      case "mkdirat":
      case "rmdir": {
        const isFolder = args.includes("AT_REMOVEDIR");
        const does = call.startsWith("mkdir") ? "mkdir" : call === "rmdir" || isFolder ? "rmdir" : "unlink";
        this.#inside(String(strings(args)[0]), (path) => ({ does, path }));
        return;
      }
      case "copy_file_range":
      case "sendfile":
        this.#copy(call, args, result);
        return;
      default:
        this.#inside(descriptorPath(args), (path) => this.#change(call, path, args, result, from));
    }
  }

  #open(call: string, args: string): void {
    const isMade = call === "creat" || args.includes("O_CREAT");
    const empties = call === "creat" || args.includes("O_TRUNC");
    this.#inside(this.#named(args), (path) => {
      if (empties) this.#sizes.set(path, 0);
      this.#positions.set(path, args.includes("O_APPEND") ? (this.#sizes.get(path) ?? 0) : 0);
      return isMade || empties ? { does: "create", path, empties } : null;
    });
  }

  /** A path that is relative is so to the folder in front of it. */
  #named(args: string): string {
    const path = String(strings(args)[0] ?? "");
    if (path.startsWith("/")) return path;
    const folder = /^(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})+)>/.exec(args)?.[1];
    return folder === undefined ? path : `${unescaped(folder)}/${path}`;
  }

  #move(does: "rename" | "link", [path = "", to = ""]: readonly string[]): void {
    this.#inside(path, () => ({ does, path, to }));
    this.#sizes.set(to, this.#sizes.get(path) ?? 0);
  }

  /** Node copies files so: from where the source is at to where the target is at. */
  #copy(call: string, args: string, length: number): void {
    const [first = "", second = ""] = [...args.matchAll(DESCRIPTOR)].map(([, path]) =>
      unescaped(path ?? "").toString(),
    );
    const [source, path] = call === "sendfile" ? [second, first] : [first, second];
    const sourceOffset = Number(/\[(\d+)\]/.exec(args)?.[1] ?? 0);
    this.#inside(path, () => {
      const offset = this.#positions.get(path) ?? 0;
      this.#positions.set(path, offset + length);
      this.#sizes.set(path, Math.max(this.#sizes.get(path) ?? 0, offset + length));
      return { does: "copy", path, source, sourceOffset, offset, length };
    });
  }

  #change(call: string, path: string, args: string, result: number, from: number): What | null {
    switch (call) {
      case "fsync":
      case "fdatasync":
        return { does: "sync", path, from };
      case "ftruncate": {
        const size = Number(/, (\d+)$/.exec(args)?.[1]);
        this.#sizes.set(path, size);
        return { does: "truncate", path, size };
      }
      case "fallocate": {
        const [offset = 0, length = 0] = numbers(args);
        return /PUNCH_HOLE|ZERO_RANGE/.test(args) ? { does: "zero", path, offset, length } : null;
      }
      default:
        return this.#write(call, path, args, result);
    }
  }

  #write(call: string, path: string, args: string, result: number): What {
    const bytes = Buffer.concat(strings(args)).subarray(0, result);
    const position = this.#positions.get(path) ?? 0;
    const places: Readonly<Record<string, number | undefined>> = {
      pwrite64: numbers(args)[1],
      pwritev: numbers(args)[1],
      pwritev2: numbers(args)[1],
    };
    const offset = places[call] ?? position;
    if (call.startsWith("write")) this.#positions.set(path, position + bytes.length);
    this.#sizes.set(path, Math.max(this.#sizes.get(path) ?? 0, offset + bytes.length));
    return { does: "write", path, offset, bytes };
  }

  /** Adds what `make` makes of the path, where it is of a file or folder that is looked at. */
  #inside(path: string, make: (path: string) => What | null): void {
    if (path !== this.#below && !path.startsWith(`${this.#below}/`)) return;
    const what = make(path);
    if (what !== null) this.#add(what);
  }

  #add(what: What): void {
    this.events.push({ ...what, seq: this.events.length } as Event);
  }
}
