/**
 * The states of a drive on its host, and all ways from one to another.
 *
 *              attach (exclusive) ┌──────────┐  Its server's QEMU has the file open: nobody else does, and the API
 *            ┌───────────────────▶│ attached │  reads it by way of that QEMU.
 *            │◀───────────────────└──────────┘
 *            │  detach
 *     ┌──────┴─┐  share           ┌──────────┐  A storage daemon of its own has it open, and servers reach it.
 *     │  free  │─────────────────▶│  shared  │──┐ share, detach (not the last server)
 *     │        │◀─────────────────└──────────┘◀─┘
 *     └──────┬─┘  detach (the last server)
 *            │  beginCopyOnto     ┌──────────┐  A copy job replaces its file. It is read meanwhile (zeroes); writes that
 *            └───────────────────▶│imagedOnto│  came before the job are let finish first.
 *             ◀───────────────────└──────────┘
 *               endCopyOnto
 *
 * `exported` is what a storage daemon has open, null where it is closed; a drive that is attached has none. `writes`
 * counts the API's writes, which only a drive that is free begins. `copies` counts the jobs that read it; for as long as
 * there are any, nobody begins to change it. A drive that an earlier daemon's server uses is adopted straight into
 * `attached` or `shared`.
 */
import assert from "node:assert/strict";
import { busy } from "../../base/errors.ts";
import type { Exporter } from "../attachment.ts";
import type { Volume } from "../host.ts";

/** `E` is what an open export is to whoever opened it. */
export type DriveState<E> =
  | {
      readonly is: "free";
      readonly exported: E | null;
      readonly writes: number;
      readonly copies: number;
    }
  | {
      readonly is: "attached";
      readonly server: string;
      readonly exporter: Exporter;
      readonly copies: number;
    }
  | {
      readonly is: "shared";
      readonly servers: ReadonlySet<string>;
      /** Null for one that was adopted and whose volume nobody has named yet. */
      readonly volume: Volume | null;
      readonly exported: E | null;
      readonly copies: number;
    }
  | {
      readonly is: "imagedOnto";
      readonly job: string;
      readonly exported: E | null;
      readonly writes: number;
    };

export type DriveEvent<E> =
  | { readonly do: "open" | "close"; readonly exported: E }
  | { readonly do: "beginWrite" | "endWrite" | "beginCopyFrom" | "endCopyFrom" | "resize" | "destroy" }
  | { readonly do: "beginCopyOnto"; readonly job: string }
  | { readonly do: "endCopyOnto" }
  | {
      readonly do: "attach";
      readonly server: string;
      readonly exporter: Exporter;
      readonly readOnly: boolean;
    }
  | { readonly do: "share"; readonly server: string; readonly volume: Volume; readonly readOnly: boolean }
  | { readonly do: "adoptAttached"; readonly server: string; readonly exporter: Exporter }
  | { readonly do: "adoptShared"; readonly server: string }
  | { readonly do: "detach"; readonly server: string };

/** How a drive is that nobody does anything with. */
export const CLOSED = { is: "free", exported: null, writes: 0, copies: 0 } as const;

/**
 * Whether the drive may do that now. Resizing and destroying it are only allowed or not: they leave it in its state, and
 * are done alone with it. Errors: `busy`, in a sentence for the caller.
 */
export function ensureAllowed<E>(uuid: string, state: DriveState<E>, event: DriveEvent<E>): void {
  switch (event.do) {
    case "beginWrite":
    case "beginCopyOnto":
    case "destroy":
      ensureFree(uuid, state);
      ensureNotRead(uuid, state);
      return;
    case "resize":
      ensureFree(uuid, state);
      ensureNotRead(uuid, state);
      ensureNotWritten(uuid, state);
      return;
    case "attach":
    case "share": {
      const hasIt = event.do === "attach" ? state.is === "attached" : state.is === "shared";
      if (hasIt && serversOf(state).has(event.server)) return;
      if (event.do === "attach" || state.is !== "shared") ensureFree(uuid, state);
      if (!event.readOnly) ensureNotRead(uuid, state);
      ensureNotWritten(uuid, state);
      return;
    }
    case "beginCopyFrom":
      ensureNotImaged(uuid, state);
  }
}

function ensureFree<E>(uuid: string, state: DriveState<E>): void {
  ensureNotImaged(uuid, state);
  if (state.is !== "free") throw busy("drive_in_use", `drive ${uuid} is in use by a server`);
}

function ensureNotImaged<E>(uuid: string, state: DriveState<E>): void {
  if (state.is === "imagedOnto") throw busy("drive_imaged", `drive ${uuid} is being imaged`);
}

function ensureNotRead<E>(uuid: string, state: DriveState<E>): void {
  if ("copies" in state && state.copies > 0)
    throw busy("drive_imaged_from", `drive ${uuid} is being imaged from`);
}

function ensureNotWritten<E>(uuid: string, state: DriveState<E>): void {
  if (writesOf(state) > 0) throw busy("drive_written", `drive ${uuid} is being written`);
}

/**
 * The state that follows. Errors: as of `ensureAllowed`; an AssertionError where our own code asks for what cannot be.
 */
export function transition<E>(uuid: string, state: DriveState<E>, event: DriveEvent<E>): DriveState<E> {
  ensureAllowed(uuid, state, event);
  switch (event.do) {
    case "open":
      assert(state.is !== "attached" && state.exported === null, `drive ${uuid} is open already`);
      return { ...state, exported: event.exported };
    case "close":
      if (state.is === "attached" || state.exported !== event.exported) return state;
      return { ...state, exported: null };
    case "resize":
    case "destroy":
      return state;
    case "beginWrite":
      assert(state.is === "free");
      return { ...state, writes: state.writes + 1 };
    case "endWrite":
      assert("writes" in state && state.writes > 0, `drive ${uuid} is not being written`);
      return { ...state, writes: state.writes - 1 };
    case "beginCopyFrom":
      assert(state.is !== "imagedOnto");
      return { ...state, copies: state.copies + 1 };
    case "endCopyFrom":
      assert(state.is !== "imagedOnto" && state.copies > 0, `no job reads drive ${uuid}`);
      return { ...state, copies: state.copies - 1 };
    case "beginCopyOnto":
      assert(state.is === "free");
      return { is: "imagedOnto", job: event.job, exported: state.exported, writes: state.writes };
    case "endCopyOnto":
      assert(state.is === "imagedOnto", `no job fills drive ${uuid}`);
      return { is: "free", exported: state.exported, writes: state.writes, copies: 0 };
    default:
      return event.do === "detach" ? detached(state, event.server) : taken(uuid, state, event);
  }
}

type Taking<E> = Extract<DriveEvent<E>, { do: "attach" | "share" | "adoptAttached" | "adoptShared" }>;

/** A server takes the drive. */
function taken<E>(uuid: string, state: DriveState<E>, event: Taking<E>): DriveState<E> {
  const { server } = event;
  if (event.do === "attach" || event.do === "adoptAttached") {
    const { exporter } = event;
    if (state.is === "attached") {
      assert(state.server === server, `drive ${uuid} has a server already`);
      return { ...state, exporter };
    }
    assert(state.is === "free" && state.exported === null, `drive ${uuid} is open in the storage daemon`);
    return { is: "attached", server, exporter, copies: state.copies };
  }
  const volume = event.do === "share" ? event.volume : null;
  if (state.is === "shared") {
    return { ...state, volume: volume ?? state.volume, servers: new Set([...state.servers, server]) };
  }
  assert(state.is === "free", `drive ${uuid} is not free to be shared`);
  const { exported, copies } = state;
  return { is: "shared", servers: new Set([server]), volume, exported, copies };
}

/** The server gives back the drive, if it has it. */
function detached<E>(state: DriveState<E>, server: string): DriveState<E> {
  if (state.is === "attached" && state.server === server) return { ...CLOSED, copies: state.copies };
  if (state.is !== "shared" || !state.servers.has(server)) return state;
  const servers = new Set([...state.servers].filter((other) => other !== server));
  if (servers.size > 0) return { ...state, servers };
  return { is: "free", exported: state.exported, writes: 0, copies: state.copies };
}

/** Those that have the drive. */
function serversOf<E>(state: DriveState<E>): ReadonlySet<string> {
  if (state.is === "attached") return new Set([state.server]);
  return state.is === "shared" ? state.servers : new Set();
}

export const writesOf = <E>(state: DriveState<E>): number => ("writes" in state ? state.writes : 0);
