/** The keys of hooks and of their log, in the order of answers (accounts: webhooks). */
import { z } from "zod";
import { number, state, time } from "../api/answered.ts";
import { type Key, keyTable } from "../api/key.ts";
import { URL_TAKES, url, uuid, words } from "../api/value.ts";
import { HOOK_EVENT_NAMES, type HookEvent } from "./events.ts";

const always = ["create", "stopped", "active"] as const;

const isEvent = (word: string): word is HookEvent => HOOK_EVENT_NAMES.some((name) => name === word);

const events = z
  .string()
  .transform((text, context) => {
    const named = words(text);
    if (named.length > 0 && named.every(isEvent))
      return HOOK_EVENT_NAMES.filter((name) => named.includes(name)).join(" ");
    context.addIssue({ code: "custom" });
    return z.NEVER;
  })
  .pipe(z.string());

const MESSAGE: readonly Key[] = [
  { ...state, schema: uuid, pattern: "message", help: "what tells the event from all others" },
  { ...state, pattern: "event", help: "its name" },
  { ...state, schema: uuid, pattern: "user", help: "the account that it is about" },
  { ...time, pattern: "time", help: "when it was" },
];

const STATUS: Key = { ...number, pattern: "status", help: "the HTTP status that the hook answered last" };
const ERROR: Key = { ...state, pattern: "error", help: "why it was not taken when it was sent last" };

export const WEBHOOK_KEYS = keyTable(
  [
    { ...state, schema: uuid, pattern: "webhook", help: "the hook" },
    {
      pattern: "url",
      schema: url,
      takes: URL_TAKES,
      settable: always,
      required: true,
      group: "general",
      help: "where its events are sent",
    },
    {
      pattern: "events",
      schema: events,
      takes: `some of ${HOOK_EVENT_NAMES.join(", ")}`,
      takesList: true,
      settable: always,
      required: true,
      group: "general",
      help: "the events that are sent there",
    },
    { ...time, pattern: "created", help: "when it was made" },
    { ...number, pattern: "waiting", help: "how many events wait" },
    ERROR,
    { ...state, pattern: "secret", help: "what signs its events, this once" },
  ],
  "webhooks",
);

export const LOG_KEYS = keyTable([
  { ...number, pattern: "delivery", help: "its number, which grows with each" },
  ...MESSAGE,
  {
    ...state,
    schema: z.enum(["waiting", "delivered", "failed"]),
    pattern: "state",
    help: "waiting, delivered, or failed: given up",
  },
  { ...number, pattern: "attempts", help: "how often it was sent" },
  { ...time, pattern: "tried", help: "when it was sent last" },
  STATUS,
  ERROR,
]);

/** What a test of a hook tells. */
export const TEST_KEYS = keyTable([STATUS, ERROR]);
