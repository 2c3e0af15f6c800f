/** Accounts that the API of a test's cloud makes, and what it answers them. */
import assert from "node:assert/strict";
import type { Cloud } from "../cloud.ts";

/** Makes one of that name, with whatever else is given; `auth` is `user:secret`. */
export async function makeAccount(cloud: Cloud, name: string, given: Readonly<Record<string, string>> = {}) {
  const made = await cloud.make("accounts/create", { name, ...given });
  const user = made.get("user") ?? "";
  return { user, auth: `${user}:${made.get("secret")}` };
}

/** What the command answers in JSON, which succeeds. */
export async function askJson(
  cloud: Cloud,
  auth: string,
  path: string,
  given?: Readonly<Record<string, unknown>>,
) {
  const answer = await cloud.ask(path, {
    auth,
    headers: { accept: "application/json", ...(given && { "content-type": "application/json" }) },
    ...(given && { body: JSON.stringify(given) }),
  });
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text);
}
