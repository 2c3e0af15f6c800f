/** Libcloud's own ElasticHosts driver, pointed at a cloud by its constructor's arguments alone. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Cloud } from "../cloud.ts";

/** Debian's own Python: another one on the search path would not find Debian's packages. */
const PYTHON = "/usr/bin/python3";
const SCRIPT = join(import.meta.dirname, "libcloud-driver.py");

export type LibcloudNode = {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly public_ips: readonly string[];
  readonly extra: Readonly<Record<string, unknown>>;
};

export type Libcloud = {
  /** Calls a method of the driver, `node`, `image` and `size` by their ids. Throws what the driver raises. */
  call<Result>(method: string, given?: Readonly<Record<string, unknown>>): Promise<Result>;
  close(): Promise<void>;
};

/**
 * Starts a Python that holds a driver.
 *
 * @param auth `user:secret`; the cloud's first user when nothing is said
 */
export function openLibcloud(cloud: Cloud, auth = cloud.auth): Libcloud {
  const { hostname, port } = new URL(cloud.url);
  const [user = "", secret = ""] = auth.split(":");
  // `-I`: nothing of the user's own environment or packages; `-W ignore`: Debian's libcloud is older than its Python.
  const words = ["-I", "-W", "ignore", SCRIPT, hostname, port, user, secret];
  const python: ChildProcess = spawn(PYTHON, words, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NO_PROXY: hostname },
  });
  const ended = once(python, "close");
  const { stdin, stdout } = python;
  if (stdin === null || stdout === null) throw new Error("Python was started without pipes");
  const answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return {
    async call<Result>(method: string, given: Readonly<Record<string, unknown>> = {}) {
      stdin.write(`${JSON.stringify([method, given])}\n`);
      const { value, done } = await answers.next();
      if (done === true) throw new Error("Python ended: is Debian's python3-libcloud there?");
      const answer = JSON.parse(value) as { result: Result } | { error: string };
      if ("error" in answer) throw new Error(answer.error);
      return answer.result;
    },
    async close() {
      stdin.end();
      await ended;
    },
  };
}
