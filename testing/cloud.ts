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

const ROOT = resolve(import.meta.dirname, "..");

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

export type Run = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Cloud = {
  readonly home: string;
  /** Where it listens, with a slash at the end. */
  readonly url: string;
  /** `user:secret` of the first user. */
  readonly auth: string;
  /** What the daemon printed when it started last. */
  readonly printed: readonly string[];
  readonly pid: number;
  /** One request; POST when there is a body, else GET, unless a method is given. */
  ask(path: string, asked?: Asked): Promise<Answer>;
  /** POSTs text properties and answers the properties that came back. Fails on any status but 200. */
  make(path: string, properties: Readonly<Record<string, string | number>>): Promise<Map<string, string>>;
  /** The properties of an `info`. Fails on any status but 200. */
  info(path: string): Promise<Map<string, string>>;
  /** POSTs nothing and expects 204. */
  act(path: string): Promise<void>;
  /** Runs a program of `bin/` against this cloud. */
  tool(name: string, args: readonly string[], input?: string): Promise<Run>;
  /** kill -9 of the daemon. */
  kill(): Promise<void>;
  /** Ends the daemon as Ctrl-C does, and answers its exit code. */
  stop(): Promise<number | null>;
  /** Starts the daemon again with the same home. */
  start(): Promise<void>;
  /** Ends it and removes all of it: servers, network, home. */
  close(): Promise<void>;
};

export async function openCloud(env: Readonly<Record<string, string>> = {}): Promise<Cloud> {
  const home = await mkdtemp(join(tmpdir(), "lodge-test-"));
  let daemon: ChildProcess | undefined;
  let printed: string[] = [];
  let url = "";
  let auth = "";

  async function start(): Promise<void> {
    // Both ways in which users say where: by the environment at first, by flags from then on.
    const [flags, places] =
      url === ""
        ? [[], { LODGE_HOME: home, LODGE_LISTEN: "127.0.0.1:0" }]
        : [["--home", home, "--listen", new URL(url).host], {}];
    const child = spawn(process.execPath, [join(ROOT, "src/main.ts"), ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, LODGE_LOG_LEVEL: process.env.LODGE_LOG_LEVEL || "warn", ...places, ...env },
    });
    daemon = child;
    printed = [];
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
      if (process.env.LODGE_TEST_VERBOSE) process.stderr.write(text);
    });
    for await (const line of createInterface({ input: child.stdout })) {
      printed.push(line);
      const ready = /^Lodge is ready at (\S+)$/.exec(line);
      if (ready === null) continue;
      url = ready[1] ?? "";
      auth = /^export EHAUTH=(\S+)$/m.exec(await readFile(join(home, "env"), "utf8"))?.[1] ?? "";
      return;
    }
    throw new Error(`the daemon ended before it was ready:\n${printed.join("\n")}\n${errors}`);
  }

  async function ended(signal: "SIGKILL" | "SIGINT"): Promise<number | null> {
    const child = daemon;
    daemon = undefined;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    const exit = once(child, "exit");
    child.kill(signal);
    const [code] = (await exit) as [number | null];
    return code;
  }

  async function ask(path: string, asked: Asked = {}): Promise<Answer> {
    const credentials = asked.auth ?? auth;
    const response = await fetch(new URL(path, url), {
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

  async function properties(answer: Answer): Promise<Map<string, string>> {
    assert.equal(answer.status, 200, answer.text);
    return new Map(
      answer.text
        .trimEnd()
        .split("\n")
        .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]),
    );
  }

  const tool = (name: string, args: readonly string[], input = "") =>
    runToEnd([join(ROOT, "bin", name), ...args], input, { EHURI: url, EHAUTH: auth, LODGE_HOME: home });

  async function close(): Promise<void> {
    await ended("SIGINT");
    const down = await tool("lodge", ["down"]);
    await rm(home, { recursive: true, force: true });
    assert.equal(down.code, 0, down.stderr);
  }

  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }

  return {
    home,
    get url() {
      return url;
    },
    get auth() {
      return auth;
    },
    get printed() {
      return printed;
    },
    get pid() {
      return daemon?.pid ?? 0;
    },
    ask,
    async make(path, given) {
      const body = Object.entries(given).map(([key, value]) => `${key} ${value}\n`);
      return properties(await ask(path, { body: body.join("") }));
    },
    info: async (path) => properties(await ask(path)),
    async act(path) {
      const answer = await ask(path, { method: "POST" });
      assert.equal(answer.status, 204, answer.text);
    },
    tool,
    kill: async () => {
      await ended("SIGKILL");
    },
    stop: () => ended("SIGINT"),
    start,
    close,
  };
}

/** Runs a program to its end. */
export async function runToEnd(
  command: readonly string[],
  input = "",
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { env: { ...process.env, ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // A program that does not read its input may close it; its exit code tells the rest.
  child.stdin.on("error", () => child.stdin.destroy());
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}
