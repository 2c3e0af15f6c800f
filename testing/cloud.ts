/**
 * A cloud of a test's own: the daemon as its own process, started as a user starts it, with its own home and port.
 * Nothing of it is left when it is closed.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type Run, runToEnd } from "./run.ts";

const ROOT = resolve(import.meta.dirname, "..");
const NODE = join(ROOT, "scripts/node");

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
};

export type Asked = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** `user:secret`; the first user's when nothing is said, none at all when it is empty. */
  readonly auth?: string;
};

/** How a daemon is run: the words that do so, of those that do by themselves. The process of either is the daemon, or ends with it. */
export type Runner = (command: readonly string[]) => readonly string[];

export async function openCloud(env: Readonly<Record<string, string>> = {}, runner?: Runner): Promise<Cloud> {
  const cloud = new Cloud(await mkdtemp(join(tmpdir(), "lodge-test-")), env, runner);
  try {
    await cloud.start();
  } catch (error) {
    await cloud.close();
    throw error;
  }
  return cloud;
}

export class Cloud {
  readonly home: string;
  /** Where it listens, with a slash at the end. */
  url = "";
  /** `user:secret` of the first user. */
  auth = "";
  /** What the daemon printed when it started last. */
  printed: readonly string[] = [];
  /** What the daemon that started last wrote to its log: lines of JSON, at the level that `LODGE_LOG_LEVEL` says. */
  logged = "";
  readonly #env: Readonly<Record<string, string>>;
  readonly #runner: Runner;
  #daemon: ChildProcess | undefined;

  constructor(home: string, env: Readonly<Record<string, string>>, runner: Runner = (command) => command) {
    this.home = home;
    this.#env = env;
    this.#runner = runner;
  }

  get pid(): number {
    return this.#daemon?.pid ?? 0;
  }

  /** Starts the daemon, at first and again with the same home. */
  async start(): Promise<void> {
    const child = this.#spawn();
    this.#daemon = child;
    const printed: string[] = [];
    this.printed = printed;
    this.logged = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.logged += text;
      if (process.env.LODGE_TEST_VERBOSE) process.stderr.write(text);
    });
    for await (const line of createInterface({ input: child.stdout })) {
      printed.push(line);
      const ready = /^Lodge is ready at (\S+)$/.exec(line);
      if (ready === null) continue;
      this.url = ready[1] ?? "";
      const env = await readFile(join(this.home, "env"), "utf8");
      this.auth = /^export EHAUTH=(\S+)$/m.exec(env)?.[1] ?? "";
      return;
    }
    throw new Error(`the daemon ended before it was ready:\n${printed.join("\n")}\n${this.logged}`);
  }

  #spawn() {
    // Both ways in which users say where: by the environment at first, by flags from then on.
    const [flags, places] =
      this.url === ""
        ? [[], { LODGE_HOME: this.home, LODGE_LISTEN: "127.0.0.1:0" }]
        : [["--home", this.home, "--listen", new URL(this.url).host], {}];
    const [program = "", ...words] = this.#runner([NODE, join(ROOT, "src/main.ts"), ...flags]);
    return spawn(program, words, {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        LODGE_LOG_LEVEL: process.env.LODGE_LOG_LEVEL || "warn",
        ...places,
        ...this.#env,
      },
    });
  }

  /** One request; POST when there is a body, else GET, unless a method is given. */
  async ask(path: string, asked: Asked = {}): Promise<Answer> {
    const credentials = asked.auth ?? this.auth;
    const response = await fetch(new URL(path, this.url), {
      method: asked.method ?? (asked.body === undefined ? "GET" : "POST"),
      headers: {
        ...(credentials === ""
          ? {}
          : { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }),
        ...asked.headers,
      },
      ...(asked.body === undefined ? {} : { body: asked.body as string }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, bytes, text: bytes.toString() };
  }

  /** POSTs text properties and answers the properties that came back. Fails on any status but 200. */
  async make(
    path: string,
    given: Readonly<Record<string, string | number>>,
    as: Pick<Asked, "auth"> = {},
  ): Promise<Map<string, string>> {
    const body = Object.entries(given).map(([key, value]) => `${key} ${value}\n`);
    return propertiesIn(await this.ask(path, { body: body.join(""), ...as }));
  }

  /** The properties of an `info`. Fails on any status but 200. */
  async info(path: string): Promise<Map<string, string>> {
    return propertiesIn(await this.ask(path));
  }

  /** POSTs nothing and expects 204. */
  async act(path: string): Promise<void> {
    const answer = await this.ask(path, { method: "POST" });
    assert.equal(answer.status, 204, answer.text);
  }

  /** Runs a program of `bin/` against this cloud. */
  tool(name: string, args: readonly string[], input = "", more: NodeJS.ProcessEnv = {}): Promise<Run> {
    const env = { EHURI: this.url, EHAUTH: this.auth, LODGE_HOME: this.home, ...more };
    return runToEnd([join(ROOT, "bin", name), ...args], input, env);
  }

  /** What the subcommand of `lodge` prints, which does its work. */
  async lodge(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tool("lodge", words);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  /** kill -9 of the daemon. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** kill -9 of the daemon, and whatever comes of that work without it, the next one: other tests need it. */
  async withoutDaemon(work: () => Promise<void>): Promise<void> {
    await this.kill();
    try {
      await work();
    } finally {
      await this.start();
    }
  }

  /** Ends the daemon as Ctrl-C does, and answers its exit code. */
  stop(): Promise<number | null> {
    return this.#end("SIGINT");
  }

  /** Sends the daemon a signal; its exit code is answered by `ended`. */
  signal(signal: NodeJS.Signals): void {
    this.#daemon?.kill(signal);
  }

  /** Answers the daemon's exit code once it has ended, for whatever reason. */
  async ended(): Promise<number | null> {
    const child = this.#daemon;
    if (child !== undefined && child.exitCode === null && child.signalCode === null)
      await once(child, "exit");
    return child?.exitCode ?? null;
  }

  /** Ends it and removes all of it: servers, network, home. */
  async close(): Promise<void> {
    await this.#end("SIGINT");
    // What of `down` is run is measured by its own tests, which every other one pays for otherwise.
    const down = await this.tool("lodge", ["down"], "", { NODE_V8_COVERAGE: "" });
    await rm(this.home, { recursive: true, force: true });
    assert.equal(down.code, 0, down.stderr);
  }

  async #end(signal: "SIGKILL" | "SIGINT"): Promise<number | null> {
    const child = this.#daemon;
    this.#daemon = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    const exit = once(child, "exit");
    child.kill(signal);
    const [code] = (await exit) as [number | null];
    return code;
  }
}

function propertiesIn(answer: Answer): Map<string, string> {
  assert.equal(answer.status, 200, answer.text);
  return new Map(
    answer.text
      .trimEnd()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]),
  );
}
