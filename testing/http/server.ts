/** The HTTP server of a cloud over commands of a test's own, on loopback. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "../../src/api/command.ts";
import type { UserId } from "../../src/base/ids.ts";
import { Scratch } from "../../src/http/body/scratch.ts";
import type { HttpFigures } from "../../src/http/figures.ts";
import { openServer, type ServerOptions } from "../../src/http/server.ts";
import { everybody } from "./accounts.ts";

export const USER = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20" as UserId;

const OTHER_USER = "6e9b1d2f-3a45-4c7b-8e2d-8f6c4a9b0d31" as UserId;

const authorization = (user: UserId) => ({
  Authorization: `Basic ${Buffer.from(`${user}:secret`).toString("base64")}`,
});

/** The header of a user, and of another. */
export const AUTHORIZATION = authorization(USER);
export const OTHER_AUTHORIZATION = authorization(OTHER_USER);

export type TestServer = {
  readonly url: string;
  /** What it has done up to now. */
  figures(): HttpFigures;
  close(): Promise<void>;
  /** The same, with how long requests under way may go on. */
  closeWithin(ms: number): Promise<void>;
};

/** Every user has the same secret. */
export async function serveCommands(
  commands: readonly Command[],
  options: Pick<
    ServerOptions,
    "logger" | "rates" | "limits" | "tls" | "health" | "trustProxies" | "viewings"
  > = {},
): Promise<TestServer> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-scratch-"));
  const server = openServer({
    ...options,
    commands,
    accounts: everybody(),
    scratch: new Scratch(dir),
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const closeWithin = async (ms?: number) => {
    await server.close(ms);
    await rm(dir, { recursive: true, force: true });
  };
  return { url: `${url}/`, figures: () => server.figures, close: () => closeWithin(), closeWithin };
}

/** What a command of a test is besides what it does. */
export const QUIET = {
  summary: "",
  takes: "nothing",
  effect: "changes",
  returns: "nothing",
  errors: [],
} as const;
