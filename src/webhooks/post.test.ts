import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openReceiver, type Receiver } from "../../testing/hook-receiver.ts";
import { MOST_ANSWER_BYTES, type Outcome, post } from "./post.ts";

const NEVER = new AbortController().signal;
const BODY = '{"id":"m","event":"e","user":"u","data":{}}';

async function sent(
  t: TestContext,
  answer: Receiver["answer"],
  attemptMs?: number,
): Promise<Outcome & { readonly receiver: Receiver }> {
  const receiver = await openReceiver(t);
  receiver.answer = answer;
  const outcome = await post({ url: receiver.url, headers: {}, body: BODY }, NEVER, attemptMs);
  return { ...outcome, receiver };
}

for (const status of [200, 204, 299]) {
  test(`a hook that answers ${status} took it`, async (t) => {
    const { receiver, ...outcome } = await sent(t, (response) => response.writeHead(status).end());
    assert.deepEqual(outcome, { status, error: "" });
    assert.equal(receiver.received[0]?.body, BODY);
  });
}

for (const status of [304, 400, 410, 500, 503]) {
  test(`a hook that answers ${status} did not take it`, async (t) => {
    const { receiver: _, ...outcome } = await sent(t, (response) => response.writeHead(status).end());
    assert.deepEqual(outcome, { status, error: `it answered ${status}` });
  });
}

for (const status of [301, 302, 307, 308]) {
  test(`a redirect with ${status} is not followed`, async (t) => {
    const elsewhere = await openReceiver(t);
    const { receiver: _, ...outcome } = await sent(t, (response) =>
      response.writeHead(status, { location: elsewhere.url }).end(),
    );
    assert.deepEqual(outcome, { status, error: `it answered ${status}` });
    assert.deepEqual(elsewhere.received, []);
  });
}

test("a hook that does not answer is given up at the deadline", async (t) => {
  const { status, error } = await sent(t, () => {}, 50);
  assert.deepEqual({ status, error }, { status: null, error: "the hook's answer took longer than 50 ms" });
});

test("of an answer without end no more is read than may be, and its status counts", async (t) => {
  let written = 0;
  const { status, error } = await sent(t, (response) => {
    response.writeHead(200);
    const more = () => {
      if (response.destroyed || response.socket?.destroyed) return;
      written += MOST_ANSWER_BYTES;
      response.write(Buffer.alloc(MOST_ANSWER_BYTES), () => setImmediate(more));
    };
    more();
  });
  assert.deepEqual({ status, error }, { status: 200, error: "" });
  // Besides what was read, sockets hold some of it.
  assert.ok(written < 256 * MOST_ANSWER_BYTES, `${written} bytes went out`);
});

test("a hook whose answer has begun and never ends is left at the deadline, and its status counts", async (t) => {
  const { status, error } = await sent(
    t,
    (response) => {
      response.writeHead(200, { "content-length": 10 });
      response.write("half");
    },
    200,
  );
  assert.deepEqual({ status, error }, { status: 200, error: "" });
});

test("a hook that hangs up, and one that is not there, did not take it", async (t) => {
  const hangUp = await sent(t, (response) => response.socket?.destroy());
  assert.equal(hangUp.status, null);
  assert.match(hangUp.error, /socket hang up|ECONNRESET/);
  const refused = await post({ url: "http://127.0.0.1:1/", headers: {}, body: BODY }, NEVER);
  assert.match(refused.error, /ECONNREFUSED/);
});

test("a name that this machine's own list has is found", async (t) => {
  const receiver = await openReceiver(t);
  const url = receiver.url.replace("127.0.0.1", "localhost");
  assert.deepEqual(await post({ url, headers: {}, body: BODY }, NEVER), { status: 204, error: "" });
});
