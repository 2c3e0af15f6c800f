/** Every error that a command can end in, as it is answered. */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { everybody, loginOf } from "../../testing/http/accounts.ts";
import type { ErrorType } from "../base/error-codes.ts";
import { LodgeError, usage } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import { CommitUnknown, StoreUnavailable } from "../base/store-errors.ts";
import type { Accounts } from "./accounts.ts";
import { Scratch } from "./body/scratch.ts";
import { openServer } from "./server.ts";
import { ERROR_STATUS } from "./status.ts";

/** What a command that throws `error` is answered. */
async function answerTo(error: Error, accept: string) {
  const { headers, statusCode, body } = await injected(() => Promise.reject(error), accept);
  return {
    status: statusCode,
    type: headers.get("x-elastic-error"),
    code: headers.get("x-lodge-error"),
    content: headers.get("content-type"),
    body,
  };
}

/** What a command that does `run` is answered; `authenticate` finds out who asks for it. */
async function injected(
  run: () => Promise<void>,
  accept: string,
  authenticate: Accounts["authenticate"] = async () => loginOf("user" as UserId),
) {
  const server = openServer({
    scratch: new Scratch(tmpdir()),
    commands: [
      {
        path: "fail",
        summary: "",
        effect: "reads",
        takes: "nothing",
        returns: "nothing",
        errors: [],
        run,
      },
    ],
    accounts: { ...everybody(), authenticate },
  });
  const authorization = `Basic ${Buffer.from("user:secret").toString("base64")}`;
  try {
    const url = await server.listen({ host: "127.0.0.1", port: 0 });
    const response = await fetch(`${url}/fail`, { headers: { authorization, accept } });
    return { statusCode: response.status, headers: response.headers, body: await response.text() };
  } finally {
    await server.close();
  }
}

test("a server that is closed answers what is under way, and cuts off what takes too long", async () => {
  const held = Promise.withResolvers<void>();
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let count = 0;
  const server = openServer({
    scratch: new Scratch(tmpdir()),
    commands: [
      {
        ...{ path: "hold", summary: "", effect: "reads", takes: "nothing", returns: "nothing", errors: [] },
        async run() {
          begun[count]?.resolve();
          await (count++ === 0 ? held.promise : new Promise(() => {}));
        },
      },
    ],
    accounts: everybody(),
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const ask = () => fetch(`${url}/hold`, { headers: { authorization: `Basic ${btoa("user:secret")}` } });
  const answered = ask();
  await begun[0]?.promise;
  const cut = assert.rejects(ask());
  await begun[1]?.promise;
  const closed = server.close(50);
  held.resolve();
  assert.equal((await answered).status, 204);
  await Promise.all([cut, closed]);
});

test("an error's type has the status that clients know it by", () => {
  const { usage, auth, billing, missing, method, busy, failed, system, full } = ERROR_STATUS;
  assert.deepEqual([usage, auth, billing, missing, method, busy], [400, 401, 402, 404, 405, 409]);
  assert.deepEqual([failed, system, full], [500, 500, 507]);
});

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

const away = () => Promise.reject(new StoreUnavailable("lost", "the database at 10.0.0.1:5432: no answer"));

for (const [when, answer] of [
  ["a command needs", () => injected(away, "application/json")],
  ["credentials are looked up in", () => injected(async () => {}, "application/json", away)],
] as const) {
  test(`a store that ${when} and that is away is answered as 503, to be tried again, and nothing of what is inside is told`, async () => {
    const { statusCode, headers, body } = await answer();
    assert.deepEqual(
      [statusCode, headers.get("x-elastic-error"), headers.get("x-lodge-error"), headers.get("retry-after")],
      [503, "system", "store_unavailable", "1"],
    );
    assert.equal(body, "the cloud's store does not answer now: try it again\n");
  });
}

test("a commit whose outcome is unknown is answered so, and that an Idempotency-Key makes it safe to repeat", async () => {
  const { status, type, code, body } = await answerTo(new CommitUnknown({ cause: new Error("lost") }), "*/*");
  assert.deepEqual([status, type, code], [500, "failed", "outcome_unknown"]);
  assert.match(body, /^it is not known whether this was done.* Idempotency-Key .* safe to repeat\n$/);
});

test("an answer that is not to be tried again has no Retry-After", async () => {
  const { headers } = await injected(() => Promise.reject(new Error("a defect")), "*/*");
  assert.equal(headers.get("retry-after"), null);
});
