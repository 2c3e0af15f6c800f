/** Planted bugs in webhooks: what is told, in which order, how often, to whom, and what bounds it. */
import type { Mutant } from "../mutant.ts";

const STATE = "test/state/webhooks.test.ts";
const POST = "src/webhooks/post.test.ts";
const MESSAGE = "src/webhooks/message.test.ts";
const REKEY = "src/rekey.test.ts";

export const WEBHOOKS: readonly Mutant[] = [
  {
    name: "a hook is told of every event",
    file: "src/webhooks/outbox.ts",
    find: "return hooks.filter(({ events }) => events.includes(event));",
    replace: "return hooks;",
    tests: [STATE],
  },
  {
    name: "hooks that were changed are not heard of",
    file: "src/webhooks/outbox.ts",
    find: "  known.delete(storeOf(tx));\n",
    replace: "",
    tests: [STATE],
  },
  {
    name: "any number of events of one account waits",
    file: "src/webhooks/outbox.ts",
    find: "queue.waiting >= MOST_WAITING",
    replace: "queue.waiting < 0",
    tests: [STATE],
  },
  {
    name: "what the cloud tells of an account gets lost beside what the account does",
    file: "src/webhooks/outbox.ts",
    find: "if (isCallers(event) && ",
    replace: "if (",
    tests: [STATE],
  },
  {
    name: "a redirect is as good as a 2xx",
    file: "src/webhooks/post.ts",
    find: "status >= 200 && status < 300",
    replace: "status >= 200 && status < 400",
    tests: [POST],
  },
  {
    name: "an answer is read to its end",
    file: "src/webhooks/post.ts",
    find: "if (bytes > MOST_ANSWER_BYTES) answer.destroy();",
    replace: "",
    tests: [POST],
  },
  {
    name: "the signature leaves out the time",
    file: "src/webhooks/message.ts",
    find: `update(\`\${timeS}.\${body}\`)`,
    replace: "update(body)",
    tests: [MESSAGE, STATE],
  },
  {
    name: "a body is as long as it comes",
    file: "src/webhooks/message.ts",
    find: "if (Buffer.byteLength(whole) <= MOST_BODY_BYTES) return whole;",
    replace: "if (whole.length > 0) return whole;",
    tests: [MESSAGE],
  },
  {
    name: "what waits is sent in any order",
    file: "src/webhooks/deliveries.ts",
    find: '    .where("state", "=", "waiting")\n    .orderBy("serial")\n    .limit(1)',
    replace: '    .where("state", "=", "waiting")\n    .orderBy("serial", "desc")\n    .limit(1)',
    tests: [STATE],
  },
  {
    name: "a hook that fails is tried every moment",
    file: "src/webhooks/deliveries.ts",
    find: "backoff(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS)",
    replace: "backoff(1, 1, 1)",
    tests: [STATE],
  },
  {
    name: "a clock that jumps ahead gives up what waits",
    file: "src/webhooks/deliveries.ts",
    find: "if (failures < LEAST_FAILURES) return 0;",
    replace: "",
    tests: [STATE],
  },
  {
    name: "nothing is ever given up",
    file: "src/webhooks/deliveries.ts",
    find: '    .where("time", "<=", before)',
    replace: '    .where("time", "<", 0)',
    tests: [STATE],
  },
  {
    name: "a clock that was set back lets a hook wait for as long",
    file: "src/webhooks/deliveries.ts",
    find: 'row("next_try_ms", ">", nowMs + LONGEST_PAUSE_MS)',
    replace: 'row("next_try_ms", "<", 0)',
    tests: [STATE],
  },
  {
    name: "a hook is told of any number of accounts at once",
    file: "src/webhooks/deliverer.ts",
    find: "const AT_ONCE = 4;",
    replace: "const AT_ONCE = 400;",
    tests: [STATE],
  },
  {
    name: "stopping waits for hooks that are slow",
    file: "src/webhooks/deliverer.ts",
    find: "    this.#closing.abort();\n",
    replace: "",
    tests: [STATE],
  },
  {
    name: "the log loses what waits",
    file: "src/webhooks/prune.ts",
    find: '      .where("time", "<", before)\n      .where("state", "!=", "waiting")',
    replace: '      .where("time", "<", before)',
    tests: [STATE],
  },
  {
    name: "a new master key leaves the secrets of hooks to the old one",
    file: "src/drives/wrapped-secrets.ts",
    find: "    const [from, key, secret] =",
    replace: '    if (table === "webhooks") continue;\n    const [from, key, secret] =',
    tests: [REKEY],
  },
];
