/**
 * A PostgreSQL server of a test's own, out of Debian's package, in a folder and on a port of its own: killed, restarted and
 * ended at will. It refuses to run as root, so then it runs as the user that the package made.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** Where Debian has the programs of each version. */
const VERSIONS = "/usr/lib/postgresql";
const USER = "postgres";
const PASSWORD = "p@ss/word";

/** The folder of the newest version's programs, null where there is none. */
export function postgresPrograms(): string | null {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  const [newest] = versions
    .filter((version) => existsSync(join(VERSIONS, version, "bin", "initdb")))
    .sort((a, b) => Number(b) - Number(a));
  return newest === undefined ? null : join(VERSIONS, newest, "bin");
}

export type PostgresServer = {
  readonly port: number;
  /** The URL of a database. */
  url(database: string): string;
  /** Runs SQL in `psql` as the superuser, and answers what it prints, without headings. */
  psql(statements: string, database?: string): Promise<string>;
  /** Ends it: `SIGINT` breaks its connections off, `SIGQUIT` leaves everything as a crash does. */
  stop(signal?: "SIGINT" | "SIGQUIT"): Promise<void>;
  start(): Promise<void>;
  /** Every process of it stands still until `SIGCONT`. */
  signal(name: "SIGSTOP" | "SIGCONT"): Promise<void>;
  /** Ends it and removes all of it. */
  close(): Promise<void>;
};

/** Gives a private key to the server's user, who must be able to read it. */
export async function giveKey(file: string): Promise<void> {
  await chmod(file, 0o600);
  const { uid, gid } = identityOfServer();
  if (uid !== undefined) await chown(file, uid, gid ?? 0);
}

/** @param settings of the server, such as `default_transaction_read_only=on` */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const programs = postgresPrograms();
  if (programs === null) throw new Error("PostgreSQL is not installed");
  const dir = await mkdtemp(join(tmpdir(), "lodge-pg-"));
  const identity = identityOfServer();
  const passwordFile = join(dir, "password");
  await writeFile(passwordFile, `${PASSWORD}\n`);
  if (identity.uid !== undefined) {
    for (const path of [dir, passwordFile]) await chown(path, identity.uid, identity.gid ?? 0);
  }
  await chmod(dir, 0o700);
  const run = { ...identity, cwd: "/", env: { ...process.env, LC_ALL: "C", TZ: "UTC" } };
  const data = join(dir, "data");
  await promisify(execFile)(
    join(programs, "initdb"),
    [
      ...["--pgdata", data, "--username", USER, "--pwfile", passwordFile, "--no-sync"],
      ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"],
    ],
    run,
  );
  const port = await freePort();
  let child: ChildProcess | undefined;

  const options = [
    ...[`port=${port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=${dir}`],
    // Durability is tested by killing it, which loses nothing that was handed to the system.
    ...["fsync=off", "max_connections=80", "shared_buffers=16MB", "max_wal_senders=0", "wal_level=minimal"],
    ...settings,
  ].flatMap((option) => ["-c", option]);

  async function start(): Promise<void> {
    const starting = spawn(join(programs ?? "", "postgres"), ["-D", data, ...options], {
      ...run,
      stdio: ["ignore", "ignore", "pipe"],
    });
    child = starting;
    const lines: string[] = [];
    const ready = Promise.withResolvers<void>();
    createInterface({ input: starting.stderr }).on("line", (line) => {
      lines.push(line);
      if (line.includes("ready to accept connections")) ready.resolve();
    });
    starting.once("exit", () => ready.reject(new Error(`PostgreSQL ended:\n${lines.join("\n")}`)));
    await ready.promise;
  }

  async function stop(signal: "SIGINT" | "SIGQUIT" = "SIGINT"): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    const exit = once(ending, "exit");
    ending.kill(signal);
    await exit;
  }

  const url = (database: string) =>
    `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${database}`;

  const server: PostgresServer = {
    port,
    url,
    async psql(statements, database = "postgres") {
      const { stdout } = await promisify(execFile)(
        join(programs, "psql"),
        ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-c", statements, url(database)],
        run,
      );
      return stdout.trim();
    },
    stop,
    start,
    async signal(name) {
      const pids = execFileSync("ps", ["-o", "pid=", "--ppid", String(child?.pid)], { encoding: "utf8" });
      for (const pid of [child?.pid, ...pids.trim().split(/\s+/)]) process.kill(Number(pid), name);
    },
    async close() {
      await stop("SIGQUIT");
      await rm(dir, { recursive: true, force: true });
    },
  };
  try {
    await start();
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

/** The user that Debian's package made, where this one is root; else nobody else. */
function identityOfServer(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (option: string) => Number(execFileSync("id", [option, USER], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
