/**
 * Sessions: how a page in a browser goes on asking without a key. One is begun with a key, or with a code that is good for
 * one session, and opens what that key opens for as long as the key does; it ends by itself when nobody has used it for
 * some hours. What the browser keeps is a secret, of which the store has a digest.
 */
import { randomUUID } from "node:crypto";
import type { Selectable } from "kysely";
import type { Caller, Login } from "../api/command.ts";
import type { Properties, Value } from "../api/properties.ts";
import { shownWord } from "../api/shown.ts";
import { noteMade } from "../audit/event.ts";
import { HOUR_S } from "../base/durations.ts";
import { auth, missing } from "../base/errors.ts";
import { parseUuid, type UserId } from "../base/ids.ts";
import type { Store, Tx } from "../store/store.ts";
import type { SessionsTable } from "../store/tables.ts";
import { ensureWithin } from "./api-keys.ts";
import { accountChanged } from "./changed.ts";
import { SESSION_KEYS } from "./keys.ts";
import { newSecret, secretColumns } from "./secret.ts";
import { endOfOwn } from "./standing.ts";

/** How long one lasts that nobody uses. */
export const IDLE_S = 12 * HOUR_S;
/** More than anybody has browsers open; of more, the one that was used longest ago ends. */
const MOST_SESSIONS = 50;

export type Session = Omit<Selectable<SessionsTable>, "sha256" | "serial">;

const COLUMNS = ["uuid", "user", "key", "created", "used", "address"] as const;

/** What the browser keeps: whose it is, and the secret. */
export const sessionToken = (user: string, secret: string): string => `${user}.${secret}`;

const noSuchSession = (session: string) =>
  missing("no_such_session", `there is no session ${shownWord(session)}`);

/**
 * Begins a session of the key that was asked with, or that the code which was asked with is of; a code is used up by it.
 * Answers the session, and what its browser is to keep. Errors: `auth`, the key has ended, or the code was used.
 *
 * @param address where it is begun from
 * @param replaced what the browser has kept of an earlier one, which ends; null: nothing
 */
export async function beginSession(
  store: Store,
  login: Login,
  address: string,
  replaced: string | null,
): Promise<{ readonly answer: Properties; readonly token: string }> {
  const { user, key } = login;
  const secret = newSecret();
  const { sha256 } = secretColumns(secret);
  const now = nowS();
  const session: Session = { uuid: randomUUID(), user, key, created: now, used: now, address };
  const before = replaced === null ? null : partsOf(replaced);
  await store.transaction(
    async (tx) => {
      await endOfOwn(tx, login);
      if (login.by?.code !== undefined) await useUp(tx, login.by.code);
      if (before !== null) await endBySecret(tx, before);
      await makeRoom(tx, user, now);
      await tx
        .insertInto("sessions")
        .values({ ...session, sha256 })
        .execute();
      noteMade(session.uuid);
    },
    { grows: true },
  );
  for (const each of new Set([user, before?.user ?? user])) accountChanged(store, each);
  return { answer: sessionAnswer(session, session.uuid), token: sessionToken(user, secret) };
}

/** What a token was made of. */
function partsOf(token: string): { readonly user: string; readonly secret: string } {
  const at = token.indexOf(".");
  return { user: token.slice(0, at), secret: token.slice(at + 1) };
}

/** Ends the session of that secret, where there is one. */
async function endBySecret(tx: Tx, { user, secret }: ReturnType<typeof partsOf>): Promise<void> {
  const { sha256 } = secretColumns(secret);
  await tx.deleteFrom("sessions").where("user", "=", user).where("sha256", "=", sha256).execute();
}

/** Of two that come with one code at once, one has it. */
async function useUp(tx: Tx, sha256: string): Promise<void> {
  const { numDeletedRows } = await tx
    .deleteFrom("session_codes")
    .where("sha256", "=", sha256)
    .executeTakeFirst();
  if (numDeletedRows === 0n)
    throw auth("credentials_wrong", "the code was used, or is over: ask for another");
}

/** Ends those of the user that are over, and of the rest those that were used longest ago, until there is room for one. */
async function makeRoom(tx: Tx, user: UserId, now: number): Promise<void> {
  await tx
    .deleteFrom("sessions")
    .where("user", "=", user)
    .where("used", "<=", now - IDLE_S)
    .execute();
  const kept = tx
    .selectFrom("sessions")
    .select("serial")
    .where("user", "=", user)
    .orderBy("used", "desc")
    .orderBy("serial", "desc")
    .limit(MOST_SESSIONS - 1);
  await tx.deleteFrom("sessions").where("user", "=", user).where("serial", "not in", kept).execute();
}

/** Ends a session of the caller's account; who asks with it is not let in once this answers. Errors: `missing`. */
export async function endSession(store: Store, caller: Caller, uuid: string): Promise<void> {
  const { user, login } = caller;
  await store.transaction(async (tx) => {
    const session = await tx
      .selectFrom("sessions")
      .innerJoin("api_keys", "api_keys.uuid", "sessions.key")
      .select("api_keys.scope")
      .where("sessions.uuid", "=", uuid)
      .where("sessions.user", "=", user)
      .executeTakeFirst();
    if (session === undefined) throw noSuchSession(uuid);
    if (login.by?.session !== uuid) ensureWithin(login.scope, session.scope);
    await tx.deleteFrom("sessions").where("uuid", "=", uuid).execute();
  });
  accountChanged(store, user);
}

/** The session in a word of the URL. Errors: `missing`. */
export function sessionWord(word = ""): string {
  const uuid = parseUuid(word);
  if (uuid === null) throw noSuchSession(word);
  return uuid;
}

/** @param own the uuid of the session that asks, undefined where a key does */
function sessionAnswer({ uuid, key, created, used, address }: Session, own: string | undefined): Properties {
  return SESSION_KEYS.inOrder([
    ["session", uuid] as [string, Value],
    ["key", key],
    ["created", created],
    ["used", used],
    ["expires", used + IDLE_S],
    ["address", address],
    ...(uuid === own ? [["current", "true"] as [string, Value]] : []),
  ]);
}

/** The sessions of the user that are not over, oldest first: there are few. */
const sessionsOf = (store: Store, user: UserId): Promise<readonly Session[]> =>
  store.snapshot((tx) =>
    tx
      .selectFrom("sessions")
      .select(COLUMNS)
      .where("user", "=", user)
      .where("used", ">", nowS() - IDLE_S)
      .orderBy("serial")
      .execute(),
  );

export async function* sessionList(store: Store, { user }: Caller): AsyncGenerator<readonly Properties[]> {
  const sessions = await sessionsOf(store, user);
  if (sessions.length > 0) yield sessions.map(({ uuid }) => [["session", uuid]]);
}

export async function* sessionInfos(store: Store, caller: Caller): AsyncGenerator<readonly Properties[]> {
  const sessions = await sessionsOf(store, caller.user);
  if (sessions.length > 0) yield sessions.map((session) => sessionAnswer(session, caller.login.by?.session));
}

/** Errors: `missing`. */
export async function sessionInfo(store: Store, caller: Caller, uuid: string): Promise<Properties> {
  const session = (await sessionsOf(store, caller.user)).find((each) => each.uuid === uuid);
  if (session === undefined) throw noSuchSession(uuid);
  return sessionAnswer(session, caller.login.by?.session);
}

const nowS = () => Math.floor(Date.now() / 1000);
