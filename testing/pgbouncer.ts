/** PgBouncer in front of a PostgreSQL server of a test's own, out of Debian's package. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort, type PostgresServer } from "./postgres.ts";

const PROGRAM = "/usr/sbin/pgbouncer";

/** Why its tests do not run here; false when they do. For the option `skip` of a test. */
export const lackingPgbouncer = (): string | false =>
  existsSync(PROGRAM) ? false : "PgBouncer is not installed (Debian's package pgbouncer)";

/** As many sessions as all clients of a test file may have at once, of each database. */
const MOST_SESSIONS = 200;
const MOST_CLIENTS = 1_000;

export type Pooler = {
  /** The URL of a database of the server's. */
  url(database: string): string;
  close(): Promise<void>;
};

export async function startPgbouncer(
  server: PostgresServer,
  mode: "transaction" | "session",
): Promise<Pooler> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-pgbouncer-"));
  await chmod(dir, 0o755);
  const port = await freePort();
  const { username, password } = new URL(server.url("postgres"));
  const target = `host=127.0.0.1 port=${server.port} user=${username} password=${decodeURIComponent(password)}`;
  const config = [
    ...["[databases]", `* = ${target}`, "[pgbouncer]"],
    ...[`listen_addr = 127.0.0.1`, `listen_port = ${port}`, "unix_socket_dir =", "auth_type = any"],
    ...[`pool_mode = ${mode}`, `default_pool_size = ${MOST_SESSIONS}`, `max_client_conn = ${MOST_CLIENTS}`],
  ];
  const file = join(dir, "pgbouncer.ini");
  await writeFile(file, `${config.join("\n")}\n`, { mode: 0o644 });
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? ["-u", "postgres"] : [];
  const child = spawn(PROGRAM, [...user, file], { stdio: ["ignore", "ignore", "pipe"] });
  const close = async () => {
    await ended(child);
    await rm(dir, { recursive: true });
  };
  try {
    await listening(child);
  } catch (error) {
    await close();
    throw error;
  }
  const url = (database: string) => `postgres://${username}@127.0.0.1:${port}/${database}?sslmode=disable`;
  return { url, close };
}

async function listening(child: ChildProcess): Promise<void> {
  const lines: string[] = [];
  if (child.stderr === null) return;
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    if (line.includes("process up")) return;
  }
  throw new Error(`PgBouncer ended:\n${lines.join("\n")}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
