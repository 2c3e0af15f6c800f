/**
 * A PostgreSQL server of a test's own, out of Debian's package or of programs that are named, in a folder and on a port of its
 * own: killed, restarted and ended at will. It does not run as root: there it runs as the user that the package made.
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

/** Whose its files and processes are; this process's user where there is none. */
type Identity = { readonly uid?: number; readonly gid?: number };

/** How its programs are run. */
type Run = Identity & {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
};

/**
 * The folder of the programs that tests run: of the newest version of Debian's, or what `LODGE_TEST_POSTGRES` names, a
 * version of Debian's or a folder; null where there is none.
 */
export function postgresPrograms(named = process.env.LODGE_TEST_POSTGRES): string | null {
  if (named === undefined) return debianPrograms();
  return /^\d+$/.test(named) ? join(VERSIONS, named, "bin") : named;
}

function debianPrograms(): string | null {
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
    // What npm brings are the server's programs alone. Any version of this one speaks with any server.
    const folders = [this.#programs, debianPrograms() ?? ""];
    const program = folders.map((folder) => join(folder, "psql")).find(existsSync) ?? "psql";
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
      ...["max_connections=300", "shared_buffers=16MB", "autovacuum=off", "jit=off"],
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
      if (/ready to accept (read-only )?connections/.test(line)) ready.resolve();
    });
    child.once("exit", () => ready.reject(new Error(`PostgreSQL ended:\n${lines.join("\n")}`)));
    await ready.promise;
  }

  /**
   * Makes a server that follows this one, takes reads alone, and takes this one's place by `select pg_promote()`. This one,
   * whose settings must let others follow it, is restarted for that.
   */
  async startStandby(): Promise<PostgresServer> {
    const dir = await makeFolder(this.#run);
    const primary = [`host=127.0.0.1 port=${this.port}`, `user=${USER}`, `password=${PASSWORD}`].join(" ");
    // Nobody follows it, so that it waits for no other once it is promoted.
    const settings = [...this.#settings, "synchronous_standby_names=", `primary_conninfo=${primary}`];
    const standby = new PostgresServer(this.#programs, dir, await freePort(), settings, this.#run);
    try {
      await this.stop("SIGINT");
      await promisify(execFile)("cp", ["-a", join(this.#dir, DATA), dir]);
      await writeFile(join(dir, DATA, "standby.signal"), "");
      await this.start();
      await standby.start();
    } catch (error) {
      await standby.close();
      throw error;
    }
    return standby;
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
  const identity = identityOfServer();
  const run = { ...identity, cwd: "/", env: { ...process.env, LC_ALL: "C", TZ: "UTC" } };
  const dir = await makeFolder(run);
  const server = new PostgresServer(programs, dir, await freePort(), settings, run);
  try {
    const passwordFile = join(dir, "password");
    await writeFile(passwordFile, `${PASSWORD}\n`);
    await giveTo(run, passwordFile);
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
  await giveTo(identityOfServer(), file);
}

/** A folder for a server. */
async function makeFolder(owner: Identity): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-pg-"));
  await giveTo(owner, dir);
  return dir;
}

async function giveTo({ uid, gid }: Identity, path: string): Promise<void> {
  if (uid !== undefined) await chown(path, uid, gid ?? 0);
}

/** The user that Debian's package made, where this one is root; else nobody else. */
function identityOfServer(): Identity {
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
