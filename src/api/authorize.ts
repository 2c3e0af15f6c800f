/**
 * Who may do what with an object: its owner everything, a reader of a drive only read it, everybody read a standard
 * image, and nobody change one (spec: `readers`; rulings: the wire). An object that the caller may not read is answered
 * exactly as one that is not there.
 */
import { type LodgeError, missing } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import type { Owner } from "./command.ts";
import type { ObjectKind } from "./object-kind.ts";
import { shownWord } from "./shown.ts";

export type Action = "read" | "change";

/** What identifies an object of the API. */
export type ObjectId = {
  readonly kind: ObjectKind;
  /** Of an `ip`, the address. */
  readonly uuid: string;
};

/** What is to be known of an object that is there. */
export type AccessedObject = ObjectId & {
  readonly owner: UserId;
  /** Of a drive: users, or `EVERYBODY`. */
  readonly readers?: readonly string[];
  /** Whether it is a standard image. */
  readonly standard?: boolean;
};

/** Stands in `readers` for all users (spec: drive info). */
export const EVERYBODY = "ffffffff-ffff-ffff-ffff-ffffffffffff";

const CODES = {
  drive: "no_such_drive",
  server: "no_such_server",
  ip: "no_such_resource",
  vlan: "no_such_resource",
} as const;

/** Lets the caller act. Errors: `missing` when they may not, in the words of `noSuchObject` unless they may read it. */
export function authorize({ user }: Owner, action: Action, object: AccessedObject): void {
  if (!mayRead(user, object)) throw noSuchObject(object);
  if (action === "change" && !mayChange(user, object)) {
    const { kind, uuid } = object;
    throw missing("drive_read_only", `${kind} ${uuid} may be read but not changed by you`);
  }
}

/** The error for an object that is not there, or not the caller's to see. The uuid may be anything that came. */
export function noSuchObject({ kind, uuid }: ObjectId): LodgeError {
  return missing(CODES[kind], `there is no ${kind} ${shownWord(uuid)}`);
}

const mayChange = (user: UserId, { owner, standard = false }: AccessedObject) => owner === user && !standard;

function mayRead(user: UserId, { owner, readers = [], standard = false }: AccessedObject): boolean {
  return owner === user || standard || readers.includes(user) || readers.includes(EVERYBODY);
}
