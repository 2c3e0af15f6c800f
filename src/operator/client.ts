/** Asks a daemon that runs, on its operator's socket. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { ErrorType } from "../base/error-codes.ts";
import { failed, LodgeError, missing } from "../base/errors.ts";
import { http } from "../base/node-http.ts";
import { otherHome, taken } from "../identity-lock.ts";

/** How long a daemon may take to answer. */
const TIMEOUT_MS = 120_000;

const ERROR = z.object({ error: z.string(), type: z.string() });

/** Where the daemon of a home listens for its operator. */
export const operatorSocket = (runDir: string): string => join(runDir, "operator.sock");

/** The folders of a home by which its daemon is found, and named where it does not run. */
export type DaemonHome = { readonly dir: string; readonly runDir: string };

/**
 * What the daemon of a home answers. Errors: its own; `missing` when none runs; `busy` when it is that of another home,
 * of which this one is a copy; `failed` when it does not answer in time.
 *
 * @param body undefined to read
 */
export async function askDaemon(home: DaemonHome, path: string, body?: object): Promise<unknown> {
  const other = otherHome(home);
  if (other !== null && existsSync(operatorSocket(home.runDir))) {
    throw taken(home.dir, other, "works with it");
  }
  const { status, text } = await exchange(home, path, body);
  const answer: unknown = JSON.parse(text);
  if (status === 200) return answer;
  const { error, type } = ERROR.parse(answer);
  throw new LodgeError(type as ErrorType, error);
}

function exchange(
  { dir, runDir }: DaemonHome,
  path: string,
  body: object | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const asking = http.request(
    {
      socketPath: operatorSocket(runDir),
      path,
      method: body === undefined ? "GET" : "POST",
      timeout: TIMEOUT_MS,
    },
    async (response) => {
      let text = "";
      try {
        for await (const piece of response.setEncoding("utf8")) text += piece;
        resolve({ status: response.statusCode ?? 500, text });
      } catch (error) {
        reject(error);
      }
    },
  );
  asking.on("timeout", () => asking.destroy(failed("the daemon does not answer")));
  asking.on("error", (error: NodeJS.ErrnoException) => {
    const isAbsent = error.code === "ENOENT" || error.code === "ECONNREFUSED";
    reject(isAbsent ? missing(`Lodge is not running with the home ${dir}`) : error);
  });
  asking.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}
