/** The HTTP server of a cloud over commands of a test's own, on loopback. */
import type { Logger } from "pino";
import type { Command } from "../../src/api/command.ts";
import type { UserId } from "../../src/base/ids.ts";
import { openServer, type ServerOptions } from "../../src/http/server.ts";

export const USER = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20" as UserId;

/** The header of the one user that there is. */
export const AUTHORIZATION = { Authorization: `Basic ${Buffer.from(`${USER}:secret`).toString("base64")}` };

export type TestServer = { readonly url: string; close(): Promise<void> };

/** Every user has the same secret. */
export async function serveCommands(
  commands: readonly Command[],
  logger?: Logger,
  rates?: ServerOptions["rates"],
): Promise<TestServer> {
  const server = openServer({
    commands,
    authenticate: async (user, secret) => (secret === "secret" ? { user: user as UserId } : null),
    logger,
    ...(rates === undefined ? {} : { rates }),
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return { url: `${url}/`, close: () => server.close() };
}

/** What a command of a test is besides what it does. */
export const QUIET = {
  summary: "",
  takes: "nothing",
  effect: "changes",
  returns: "nothing",
  errors: [],
} as const;
