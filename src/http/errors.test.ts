/** Every error that a command can end in, as it is answered. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorType, LodgeError, usage } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import { openServer } from "./server.ts";
import { ERROR_STATUS } from "./status.ts";

/** What a command that throws `error` is answered. */
async function answerTo(error: Error, accept: string) {
  const server = openServer({
    commands: [
      {
        path: "fail",
        summary: "",
        effect: "reads",
        takes: "nothing",
        returns: "nothing",
        run: () => Promise.reject(error),
      },
    ],
    authenticate: async () => ({ user: "user" as UserId }),
  });
  const authorization = `Basic ${Buffer.from("user:secret").toString("base64")}`;
  try {
    const { statusCode, headers, body } = await server.inject({
      url: "/fail",
      headers: { authorization, accept },
    });
    return {
      status: statusCode,
      type: headers["x-elastic-error"],
      code: headers["x-lodge-error"],
      content: headers["content-type"],
      body,
    };
  } finally {
    await server.close();
  }
}

for (const [type, status] of Object.entries(ERROR_STATUS) as [ErrorType, number][]) {
  test(`${type} is answered as ${status}, its sentence as text in both content types`, async () => {
    for (const accept of ["text/plain", "application/json"]) {
      assert.deepEqual(await answerTo(new LodgeError(type, "this is why"), accept), {
        status,
        type,
        code: type,
        content: "text/plain; charset=utf-8",
        body: "this is why\n",
      });
    }
  });
}

test("a code of its own is answered beside the bare type", async () => {
  const { type, code } = await answerTo(usage("unknown_key", "no such key"), "*/*");
  assert.deepEqual([type, code], ["usage", "unknown_key"]);
});

test("a defect is answered as 500 system, and nothing of what is inside is told", async () => {
  const { status, type, body } = await answerTo(new Error("the password is secret"), "*/*");
  assert.deepEqual([status, type], [500, "system"]);
  assert.doesNotMatch(body, /secret/);
});
