/**
 * A command is one row of the specification. The table of commands is data: routing, `lodge help` and the tests read
 * it; nothing about a command is said anywhere else.
 */
import type { ErrorCode } from "../base/error-codes.ts";
import type { UserId } from "../base/ids.ts";
import type { Soon } from "../base/soon.ts";
import type { EventStream } from "./event-stream.ts";
import type { Key } from "./key.ts";
import type { Input, InputValue, Properties } from "./properties.ts";
import type { Scope } from "./scope.ts";

export type Role = "user" | "admin";

/** Of what a secret is by which somebody logs in. */
export type SecretOf = "key" | "session" | "code";

/** Whose key a caller has, and what it opens. */
export type Login = {
  readonly user: UserId;
  readonly role: Role;
  /** The uuid of the key. */
  readonly key: string;
  readonly scope: Scope;
  /** From when on the key opens nothing, in milliseconds since the epoch; null: it does not end by itself. */
  readonly expiresMs: number | null;
  /** What they came with where it was no key but its session, by the uuid, or a code that begins one, by its digest. */
  readonly by?:
    | { readonly session: string; readonly code?: never }
    | { readonly code: string; readonly session?: never };
};

/** Who asks. */
export type Caller = {
  /** The account whose objects it is about, and what that may do. */
  readonly user: UserId;
  readonly role: Role;
  /** Who it is that asks: the account itself, or an admin in its place. */
  readonly login: Login;
};

/** Whose objects it is about, for what asks nothing else of a caller. */
export type Owner = Pick<Caller, "user">;

/** What the URL has where the path has a name in capitals; an optional parameter that is absent is undefined. */
export type Params = Readonly<Record<string, string | undefined>>;

/** Bytes as they come. Ends with an error when the input is bad or the caller hangs up. */
export type Bytes = AsyncIterable<Uint8Array>;

/** The body of a `write`, its length known before the first byte of it is handed on. */
export type Body = {
  readonly lengthBytes: number;
  /** To be iterated once; the chunks are the iterator's to keep. */
  readonly bytes: Bytes;
  /** Gives back what it was kept in; to be called once the bytes are no longer wanted. */
  release(): Promise<void>;
};

/** Bytes that are answered, in pieces that belong to who takes them. Nothing is read before the first is asked for. */
export type ByteAnswer = {
  readonly lengthBytes: number;
  /** How much of them is in memory at once. */
  readonly heldBytes: number;
  /** As what a browser is to keep them; absent where they are no file. */
  readonly fileName?: string;
  /** To be iterated once. */
  readonly pieces: Bytes;
};

export type Request = {
  /** Names the request in every log line about it, and in the answer's header `X-Request-Id`. */
  readonly requestId: string;
  readonly caller: Caller;
  /** Where it comes from: an IP address. */
  readonly address: string;
  readonly params: Params;
  /** Properties that came; empty for commands that take none. */
  readonly input: Input;
  /**
   * Only for commands that take bytes, null for others: takes in as much of the body as it takes to know its length,
   * all of it when it came gzipped. One of more than `mostBytes` may be answered as infinitely long, without its bytes.
   *
   * Errors: `usage` for a body that is not what its headers say.
   */
  readonly body: ((mostBytes: number) => Promise<Body>) | null;
  /**
   * The caller's name for what they want, 1 to 255 visible ASCII characters, or null: a request that bears the same one
   * as an earlier request of the same caller is a repetition of it.
   */
  readonly idempotencyKey: string | null;
  /**
   * Only for commands that begin or end a session: has the caller's browser keep what it goes on asking with, or forget it
   * (null).
   */
  readonly keep?: (token: string | null) => void;
  /** Only for those: what it keeps of an earlier one, where it is a page of this origin that asks; null: nothing. */
  readonly kept?: string | null;
  /** Only for commands that answer events: the number behind which the caller goes on, as it came. */
  readonly lastEventId?: string;
};

type Row = {
  /** The path, e.g. `drives/DRIVE/write[/OFFSET]` (`path.ts`). */
  readonly path: string;
  /** One line for people. */
  readonly summary: string;
  /** A reading command answers GET, HEAD and POST; a changing one POST alone. */
  readonly effect: "reads" | "changes";
  /** `bytes` is raw input; `properties` are read by `keys`; `nothing` ignores an empty body and refuses another. */
  readonly takes: "nothing" | "properties" | "bytes";
  /** The keys it takes, for help and documentation. */
  readonly keys?: readonly Key[];
  /** The keys that it answers of an object, for documentation. */
  readonly answers?: readonly Key[];
  /** What it answers is called in the description of the API, where that is not called as its noun is. */
  readonly answersAs?: string;
  /** Whether it is there for accounts whose role is `admin` alone. To all others it is as if there were no such command. */
  readonly isAdmins?: boolean;
  /** Whether it makes an object: how many an account makes in a minute is bounded. */
  readonly creates?: boolean;
  /** False where the operator does not have it done: it is there, and refused. */
  readonly isOffered?: boolean;
  /** Whether it begins a session of the caller's browser, as which one may come with a code too, or ends it. Any key opens it. */
  readonly session?: "begins" | "ends";
  /** The codes of errors that are its own; those that follow from what it is are in `command-errors.ts`. */
  readonly errors: readonly ErrorCode[];
  /** A request with its answer, for documentation. */
  readonly example?: Example;
};

/** What is sent and what comes back; the uuids, addresses and counters in it stand for any. */
export type Example = {
  /** The parameters of the path. */
  readonly params?: Readonly<Record<string, string>>;
  readonly input?: Readonly<Record<string, InputValue>>;
  /** One object, or several. */
  readonly answer?: Properties | readonly Properties[];
};

/** Several objects in their order, in pages: each is made once the one before it was taken. */
export type Pages = AsyncIterable<readonly Properties[]>;

type Kinds = {
  // biome-ignore lint/suspicious/noConfusingVoidType: it is what the function of such a command returns.
  readonly nothing: void;
  readonly properties: Properties;
  readonly list: Pages;
  readonly "properties list": Pages;
  readonly bytes: ByteAnswer;
  readonly events: EventStream;
};

/** One row of the specification and the function that does it; `returns` is the kind of data (spec: the three kinds). */
export type Command = {
  [Kind in keyof Kinds]: Row & { readonly returns: Kind; run(request: Request): Soon<Kinds[Kind]> };
}[keyof Kinds];

/** A command whose answer is written whole. */
export type DataCommand = Exclude<Command, { readonly returns: "bytes" | "events" }>;

/** A command as its noun's table declares it: what it works on is given to it later, by `bind`. */
export type Declared<Dependencies> = {
  [Kind in keyof Kinds]: Omit<Row, "isOffered"> & {
    readonly returns: Kind;
    /** What says whether it is; without it, it is. */
    offered?(dependencies: Dependencies): boolean;
    run(dependencies: Dependencies, request: Request): Soon<Kinds[Kind]>;
  };
}[keyof Kinds];

/** The commands of a table, ready to be called. */
export function bind<Dependencies>(
  table: readonly Declared<Dependencies>[],
  dependencies: Dependencies,
): readonly Command[] {
  return table.map(
    ({ offered, ...row }) =>
      ({
        ...row,
        ...(offered === undefined ? {} : { isOffered: offered(dependencies) }),
        run: (request: Request) => row.run(dependencies, request),
      }) as Command,
  );
}
