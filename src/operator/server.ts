/**
 * The operator's way to a daemon that runs: HTTP with JSON on a unix socket, which the file system lets nobody else open.
 */
import { chmod, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { failed, LodgeError, missing, usage } from "../base/errors.ts";
import { parseUuid, type UserId } from "../base/ids.ts";
import { KeyedLock } from "../base/keyed-lock.ts";
import { http } from "../base/node-http.ts";
import { StoreUnavailable } from "../base/store-errors.ts";
import type { DriveDependencies } from "../drives/dependencies.ts";
import { adoptDrive, forgetDrive } from "../drives/unknown.ts";
import type { ServerDependencies } from "../servers/dependencies.ts";
import { adoptServer, forgetServer } from "../servers/unknown.ts";
import { type CloudStatus, type DaemonStatus, statusOf } from "./status.ts";

type Dependencies = DriveDependencies &
  ServerDependencies & {
    /** What the daemon says of itself. */
    readonly daemonStatus: () => Promise<DaemonStatus>;
  };

const MOST_BODY_BYTES = 4096;
const TIMEOUT_MS = 10_000;

const BODY = z.object({ uuid: z.string(), user: z.string().nullable().default(null) });

export type OperatorServer = { close(): Promise<void> };

/** Listens on the socket until it is closed. Errors: those of the file system. */
export async function openOperator(socket: string, dependencies: Dependencies): Promise<OperatorServer> {
  const inOrder = new KeyedLock();
  const server = http.createServer({ requestTimeout: TIMEOUT_MS }, (request, response) => {
    answer(dependencies, inOrder, request)
      .then((body) => send(response, 200, body))
      .catch((error: unknown) => answerError(response, dependencies, error));
  });
  await rm(socket, { force: true });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  // Nobody can connect between its making and its mode: the mode is taken from the mask.
  const mask = process.umask(0o177);
  server.listen(socket, listening.resolve);
  process.umask(mask);
  await listening.promise;
  await chmod(socket, 0o600);
  return {
    async close() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

/** @param inOrder what is unknown is decided about one at a time: what is taken in here is else removed there */
async function answer(
  dependencies: Dependencies,
  inOrder: KeyedLock,
  request: IncomingMessage,
): Promise<unknown> {
  if (request.method === "GET" && request.url === "/status") return wholeStatus(dependencies);
  if (request.method !== "POST") throw missing("there is no such command");
  const act = { "/adopt": adopt, "/forget": forget }[request.url ?? ""];
  if (act === undefined) throw missing("there is no such command");
  const asked = await bodyOf(request);
  return inOrder.run("unknown", () => act(dependencies, asked));
}

/** What the daemon says of itself can be told without its store, too. */
async function wholeStatus(
  dependencies: Dependencies,
): Promise<CloudStatus & { readonly daemon: DaemonStatus }> {
  const daemon = await dependencies.daemonStatus();
  try {
    return { ...(await statusOf(dependencies)), daemon };
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    const none = { hosts: [], unknown: [], late: [], slow: [], damaged: [], miscounted: [] };
    return { ...none, daemon: { ...daemon, unready: daemon.unready ?? "store_unavailable" } };
  }
}

type Asked = { readonly uuid: string; readonly user: UserId | null };

async function adopt(dependencies: Dependencies, { uuid, user }: Asked): Promise<object> {
  if (user !== null) await ensureUser(dependencies, user);
  const { kind, host } = await findUnknown(dependencies, uuid);
  if (kind === "server") await adoptServer(dependencies, { uuid, host, user });
  else if (user === null) throw usage(`say with --user whose drive ${uuid} is to be`);
  else await adoptDrive(dependencies, { host, drive: uuid }, user);
  return { kind, uuid, host };
}

async function forget(dependencies: Dependencies, { uuid }: Asked): Promise<object> {
  const { kind, host } = await findUnknown(dependencies, uuid);
  if (kind === "server") await forgetServer(dependencies, { uuid, host });
  else await forgetDrive(dependencies, { host, drive: uuid });
  return { kind, uuid, host };
}

/** Errors: `missing` when the store knows all that there is of that uuid; `failed` when a silent host may have more. */
async function findUnknown(dependencies: Dependencies, uuid: string) {
  const { hosts, unknown } = await statusOf(dependencies);
  const found = unknown.find((each) => each.uuid === uuid);
  if (found !== undefined) return found;
  const silent = hosts.find(({ answers }) => !answers);
  if (silent !== undefined)
    throw failed(`host ${silent.name} does not answer: nothing is known of what is on it`);
  throw missing(`no host has a server or drive ${uuid} that the store does not know`);
}

async function ensureUser({ store }: Dependencies, uuid: UserId): Promise<void> {
  const row = await store.transaction((tx) =>
    tx.selectFrom("users").select("uuid").where("uuid", "=", uuid).executeTakeFirst(),
  );
  if (row === undefined) throw missing(`there is no user ${uuid}`);
}

async function bodyOf(request: IncomingMessage): Promise<Asked> {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) {
    text += piece;
    if (text.length > MOST_BODY_BYTES) throw usage("the request is too long");
  }
  const body = BODY.safeParse(parseJson(text));
  const uuid = body.success ? parseUuid(body.data.uuid) : null;
  const user = body.success && body.data.user !== null ? parseUuid(body.data.user) : null;
  if (!body.success || uuid === null) throw usage("it takes the uuid of a server or a drive");
  if (body.data.user !== null && user === null) throw usage("--user takes the uuid of a user");
  return { uuid, user: user as UserId | null };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(`${JSON.stringify(body)}\n`);
}

/** Errors that are to be read are answered in their own words; of all else the log has more than the answer. */
function answerError(response: ServerResponse, { onTrouble }: Dependencies, error: unknown): void {
  if (error instanceof LodgeError) {
    send(response, 400, { error: error.message, type: error.type });
    return;
  }
  onTrouble(error);
  send(response, 500, { error: `the daemon could not do it: ${(error as Error).message}`, type: "failed" });
}
