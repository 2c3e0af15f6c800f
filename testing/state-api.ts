/** The API of a state cloud in JSON: what somebody asks, and what comes back. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { UserId } from "../src/base/ids.ts";
import type { Recipe } from "../src/images/builder.ts";
import type { Cloud } from "./state-cloud.ts";
import { serveState } from "./state-http.ts";

export type Reply = {
  readonly status: number;
  /** `X-Lodge-Error`, null where there is none. */
  readonly code: string | null;
  readonly text: string;
  /** What came as JSON, null for nothing and for errors. */
  readonly body: unknown;
};

export type As = {
  readonly user: UserId;
  readonly secret?: string;
  /** In whose place. */
  readonly acting?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Api = {
  /** POSTs where something is given, even nothing at all, and GETs else. */
  ask(as: As, path: string, given?: Readonly<Record<string, unknown>>): Promise<Reply>;
};

/** Serves what the cloud's daemon is now. */
export async function stateApi(
  t: Pick<TestContext, "after">,
  cloud: Pick<Cloud, "daemon">,
  recipe?: Recipe,
): Promise<Api> {
  const { url } = await serveState(t, cloud, undefined, recipe);
  return {
    async ask({ user, secret = "secret", acting, headers = {} }, path, given) {
      const answer = await fetch(`${url}${path}`, {
        method: given === undefined ? "GET" : "POST",
        headers: {
          authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`,
          accept: "application/json",
          ...(acting === undefined ? {} : { "x-elastic-user": acting }),
          ...(given === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(given === undefined || Object.keys(given).length === 0 ? {} : { body: JSON.stringify(given) }),
      });
      const text = await answer.text();
      const { status } = answer;
      const body: unknown = status === 200 ? JSON.parse(text) : null;
      return { status, code: answer.headers.get("x-lodge-error"), text, body };
    },
  };
}

/** An object as it is answered. */
export type Row = Readonly<Record<string, unknown>>;

/** What is answered; an answer that is none fails the test. */
export async function got<T = Row>(api: Api, ...[as, path, given]: Parameters<Api["ask"]>): Promise<T> {
  const { status, text, body } = await api.ask(as, path, given);
  assert.ok(status === 200 || status === 204, `${path}: ${status} ${text}`);
  return body as T;
}
