/** The tables about webhooks: an extension in the specification's style. */
import { type Chapter, hookMessages, hookPosts, webhooks } from "./row.ts";

const EACH = webhooks("a hook is made, told, changed and taken away, in both content types");
const TOLD = webhooks("what is done with drives, servers and accounts is told in its order, signed");
const NAMED = webhooks("a hook is told of the events that it names, from its creation on, and of no other");
const REFUSED = webhooks("a cloud has a bounded number of hooks, and what is no hook is refused");
const AGAIN = webhooks(
  "a hook that fails is tried again later and later, what came after waits, and then all comes in its order",
);
const TEST = webhooks("a test of a hook is sent at once, whatever waits, and tells what came of it");

const ANSWERS = Object.fromEntries(
  ["webhook", "url", "events", "created", "waiting", "error"].map((key) => [
    key,
    key === "error" ? AGAIN : EACH,
  ]),
);

export const WEBHOOKS: Chapter = {
  title: "Webhooks",
  tables: [
    { title: "List all webhooks", command: "webhooks/list", row: EACH },
    { title: "Get all webhooks' info", command: "webhooks/info", row: EACH },
    { title: "Get single webhook info", command: "webhooks/WEBHOOK/info", row: EACH, answers: ANSWERS },
    {
      title: "Make a webhook",
      command: "webhooks/create",
      row: [...EACH, ...REFUSED],
      takes: { url: [...EACH, ...REFUSED], events: [...NAMED, ...REFUSED] },
      answers: { ...ANSWERS, secret: TOLD },
    },
    {
      title: "Set a webhook",
      command: "webhooks/WEBHOOK/set",
      row: [...EACH, ...NAMED],
      takes: { url: EACH, events: NAMED },
    },
    { title: "Take a webhook away", command: "webhooks/WEBHOOK/destroy", row: [...EACH, ...NAMED] },
    {
      title: "The log of a webhook",
      command: "webhooks/WEBHOOK/log",
      row: AGAIN,
      answers: Object.fromEntries(
        ["delivery", "message", "event", "user", "time", "state", "attempts", "tried", "status", "error"].map(
          (key) => [key, [...EACH, ...AGAIN]],
        ),
      ),
    },
    {
      title: "Test a webhook",
      command: "webhooks/WEBHOOK/test",
      row: TEST,
      answers: { status: TEST, error: TEST },
    },
    {
      title: "What is sent",
      says: {
        "a POST of JSON for each event that it names": [...TOLD, ...NAMED],
        "signed with HMAC-SHA-256 over time and body": [
          ...TOLD,
          ...hookMessages("a signature is HMAC-SHA-256 over time, full stop and body, as openssl makes it"),
        ],
        "at least once": webhooks(
          "an event is recorded with what comes about, or neither is",
          "what was sent and not recorded when the daemon died is sent again, as the same message",
        ),
        "in order an account": AGAIN,
        "retried with back-off for three days": [
          ...AGAIN,
          ...webhooks(
            "what a hook did not take for three days is given up, and it is said; what is younger waits on",
            "a clock that jumps gives nothing up, and lets nothing wait longer",
          ),
        ],
        "taken is what is answered with 2xx": hookPosts(
          "a hook that answers 204 took it",
          "a hook that answers 500 did not take it",
          "a redirect with 302 is not followed",
          "a hook that does not answer is given up at the deadline",
        ),
      },
    },
  ],
};
