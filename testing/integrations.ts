/** A state cloud as a module of a billing program reaches it, by a way on which answers get lost; and PHP, which runs that module. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { createUser } from "../src/accounts/users.ts";
import { runToEnd } from "./run.ts";
import { stateApi } from "./state-api.ts";
import { openCloud } from "./state-cloud.ts";
import { serveState } from "./state-http.ts";

const ROOT = join(import.meta.dirname, "..");

/** What a test answers in the cloud's place. */
type Answer = { readonly status: number; readonly headers?: Record<string, string>; readonly body: string };

export type Way = {
  readonly port: number;
  /** What was asked, as `POST accounts/create`, in order. */
  readonly asked: string[];
  /** What becomes of a request that the cloud would get: nothing said, or null, lets it through. */
  instead: (asked: string, body: string) => Answer | null;
  /** Whether the cloud's answer to a request that it got is lost. */
  loses: (asked: string) => boolean;
};

/** Opens it between a module and the cloud. */
async function openWay(t: Pick<TestContext, "after">, cloudUrl: string): Promise<Way> {
  const pass = async (came: IncomingMessage, answer: ServerResponse) => {
    const body = await buffer(came);
    const asked = `${came.method} ${came.url?.slice(1)}`;
    way.asked.push(asked);
    const made = way.instead(asked, body.toString());
    if (made !== null) {
      answer.writeHead(made.status, made.headers).end(made.body);
      return;
    }
    const { host: _, ...headers } = came.headers;
    const on = request(new URL(came.url ?? "/", cloudUrl), { method: came.method ?? "GET", headers });
    on.end(body);
    const [answered] = (await once(on, "response")) as [IncomingMessage];
    const content = await buffer(answered);
    if (way.loses(asked)) answer.destroy();
    else answer.writeHead(answered.statusCode ?? 500, answered.headers).end(content);
  };
  const server = createServer((came, answer) => {
    pass(came, answer).catch(() => answer.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const way: Way = {
    port: (server.address() as AddressInfo).port,
    asked: [],
    instead: () => null,
    loses: () => false,
  };
  return way;
}

/** A cloud with its admin, ann, and the way to it. */
export async function openIntegration(t: Pick<TestContext, "after">) {
  const cloud = await openCloud(t);
  const { url } = await serveState(t, cloud);
  const way = await openWay(t, url);
  const admin = await createUser(cloud.daemon().store, "billing");
  const api = await stateApi(t, cloud);
  const ann = { user: cloud.user };
  await api.ask(ann, `accounts/${admin.uuid}/set`, { role: "admin" });
  /** All accounts but the two admins'. */
  const customers = async () => {
    const all = (await api.ask(ann, "accounts/info")).body as readonly Readonly<Record<string, unknown>>[];
    return all.filter(({ role }) => role !== "admin");
  };
  return { cloud, url, way, api, ann, admin: { user: admin.uuid, key: admin.secret }, customers };
}

/**
 * Runs a host program's stand-in with the module and what it is asked, and answers what it tells.
 *
 * @param flags of php
 */
export async function runPhp(
  standIn: string,
  module: string,
  asked: unknown,
  flags: readonly string[] = [],
): Promise<Readonly<Record<string, unknown>>> {
  // What PHP only warns of is an error here, and none of it is hidden.
  const strict = ["-d", "display_errors=stderr", "-d", "error_reporting=-1", "-d", "html_errors=0"];
  const files = [join(ROOT, "test/integrations", standIn), join(ROOT, "integrations", module)];
  const { code, stdout, stderr } = await runToEnd(
    ["php", ...strict, ...flags, ...files],
    JSON.stringify(asked),
  );
  if (code !== 0 || stderr !== "") throw new Error(`php ended with ${code}: ${stderr}${stdout}`);
  return JSON.parse(stdout);
}
