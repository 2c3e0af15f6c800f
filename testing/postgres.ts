/**
 * A PostgreSQL server of a test's own, out of Debian's package, in a folder and on a port of its own: killed, restarted and
 * ended at will. It does not run as root: there it runs as the user that the package made.
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
/** The folder of its data, in its own. */
const DATA = "data";

/** How its programs are run. */
type Run = {
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
};

/** The folder of the newest version's programs, or that which `LODGE_TEST_POSTGRES` names; null where there is none. */
export function postgresPrograms(): string | null {
  const { LODGE_TEST_POSTGRES: named } = process.env;
  if (named !== undefined) return named;
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  const [newest] = versions
    .filter((version) => existsSync(join(VERSIONS, version, "bin", "initdb")))
    .sort((a, b) => Number(b) - Number(a));
  return newest === undefined ? null : join(VERSIONS, newest, "bin");
}

export class PostgresServer {
  readonly port: number;
  readonly #programs: string;
  readonly #dir: string;
  readonly #settings: readonly string[];
  readonly #run: Run;
  #child: ChildProcess | undefined;
  #version: Promise<string> | undefined;

  constructor(programs: string, dir: string, port: number, settings: readonly string[], run: Run) {
    this.#programs = programs;
    this.#dir = dir;
    this.port = port;
    this.#settings = settings;
    this.#run = run;
  }

  /** The URL of a database. */
  url(database: string): string {
    return `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${this.port}/${database}`;
  }

  /** Runs SQL in `psql` as the superuser, and answers what it prints, without headings. */
  async psql(statements: string, database = "postgres"): Promise<string> {
    const options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-c", statements];
    const program = join(this.#programs, "psql");
    const { stdout } = await promisify(execFile)(program, [...options, this.url(database)], this.#run);
    return stdout.trim();
  }

  /** Makes an empty database. */
  async createDatabase(name: string): Promise<void> {
    this.#version ??= this.psql("show server_version_num");
    // From 15 on a server would otherwise write each page of it to its log.
    const strategy = Number(await this.#version) >= 150_000 ? "strategy file_copy" : "";
    await this.psql(`create database ${name} ${strategy}`);
  }

  async start(): Promise<void> {
    const options = [
      ...[`port=${this.port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=${this.#dir}`],
      // Durability is tested by killing it, which loses nothing that was handed to the system.
      ...["fsync=off", "full_page_writes=off", "max_wal_senders=0", "wal_level=minimal"],
      // Hundreds of small databases, each for a moment: there is nothing in them to tidy.
      ...["max_connections=80", "shared_buffers=16MB", "autovacuum=off"],
      ...this.#settings,
    ].flatMap((option) => ["-c", option]);
    const child = spawn(join(this.#programs, "postgres"), ["-D", join(this.#dir, DATA), ...options], {
      ...this.#run,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    const lines: string[] = [];
    const ready = Promise.withResolvers<void>();
    createInterface({ input: child.stderr }).on("line", (line) => {
      lines.push(line);
      if (line.includes("ready to accept connections")) ready.resolve();
    });
    child.once("exit", () => ready.reject(new Error(`PostgreSQL ended:\n${lines.join("\n")}`)));
    await ready.promise;
  }

  /** Ends it: `SIGINT` breaks its connections off, `SIGQUIT` leaves everything as a crash does. */
  async stop(signal: "SIGINT" | "SIGQUIT"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }

  /** Every process of it stands still until `SIGCONT`. */
  async signal(name: "SIGSTOP" | "SIGCONT"): Promise<void> {
    const parent = String(this.#child?.pid);
    const children = execFileSync("ps", ["-o", "pid=", "--ppid", parent], { encoding: "utf8" });
    for (const pid of [parent, ...children.trim().split(/\s+/)]) process.kill(Number(pid), name);
  }

  /** Ends it and removes all of it. */
  async close(): Promise<void> {
    await this.stop("SIGQUIT");
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** @param settings of the server, such as `default_transaction_read_only=on` */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const programs = postgresPrograms();
  if (programs === null) throw new Error("PostgreSQL is not installed");
  const dir = await mkdtemp(join(tmpdir(), "lodge-pg-"));
  const identity = identityOfServer();
  const run = { ...identity, cwd: "/", env: { ...process.env, LC_ALL: "C", TZ: "UTC" } };
  const server = new PostgresServer(programs, dir, await freePort(), settings, run);
  try {
    const passwordFile = join(dir, "password");
    await writeFile(passwordFile, `${PASSWORD}\n`);
    if (identity.uid !== undefined) {
      for (const path of [dir, passwordFile]) await chown(path, identity.uid, identity.gid ?? 0);
    }
    await promisify(execFile)(
      join(programs, "initdb"),
      [
        ...["--pgdata", join(dir, DATA), "--username", USER, "--pwfile", passwordFile, "--no-sync"],
        ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"],
      ],
      run,
    );
    await server.start();
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

/** Gives a private key to the server's user, who must be able to read it. */
export async function giveKey(file: string): Promise<void> {
  await chmod(file, 0o600);
  const { uid, gid } = identityOfServer();
  if (uid !== undefined) await chown(file, uid, gid ?? 0);
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
