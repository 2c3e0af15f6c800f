/** The commands on hooks, which are there for admins (accounts: webhooks). */
import type { Declared, Example } from "../api/command.ts";
import { readInput } from "../api/input.ts";
import type { Properties } from "../api/properties.ts";
import { repeatOf } from "../operations/idempotency.ts";
import { createWebhook, destroyWebhook, setWebhook, testWebhook } from "./changes.ts";
import { WEBHOOK_ERRORS } from "./command-errors.ts";
import type { WebhookDependencies } from "./dependencies.ts";
import { LOG_KEYS, TEST_KEYS, WEBHOOK_KEYS } from "./keys.ts";
import { webhookInfo, webhookInfos, webhookList, webhookLog, webhookWord } from "./records.ts";

const WEBHOOK = "8c1f0a52-6f0e-4a7b-9a35-0d7c2b9e4f11";
const URL = "https://billing.example.com/lodge";

const hook: Properties = [
  ["webhook", WEBHOOK],
  ["url", URL],
  ["events", "account.warning account.suspended"],
  ["created", 1_798_761_600],
  ["waiting", 0],
];

const delivery: Properties = [
  ["delivery", 7],
  ["message", "f1d1d2c0-3b52-4d0e-8f8a-51a7c8e6b3aa"],
  ["event", "account.warning"],
  ["user", "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20"],
  ["time", 1_798_761_600],
  ["state", "delivered"],
  ["attempts", 1],
  ["tried", 1_798_761_601],
  ["status", 204],
];

const params = { WEBHOOK };
const input = { url: URL, events: "account.warning account.suspended" };

const EXAMPLES = {
  list: { answer: [[["webhook", WEBHOOK]]] },
  infos: { answer: [hook] },
  info: { params, answer: hook },
  create: { input, answer: [...hook, ["secret", "5f".repeat(32)]] },
  set: { params, input, answer: hook },
  act: { params },
  log: { params, answer: [delivery] },
  test: { params, answer: [["status", 204]] },
} as const satisfies Record<string, Example>;

const admins = { isAdmins: true, takes: "nothing" } as const;

export const WEBHOOK_COMMANDS: readonly Declared<WebhookDependencies>[] = [
  {
    ...admins,
    path: "webhooks/list",
    summary: "List all webhooks",
    effect: "reads",
    returns: "list",
    answers: WEBHOOK_KEYS.named("webhook"),
    errors: WEBHOOK_ERRORS.list,
    example: EXAMPLES.list,
    run: ({ store }) => webhookList(store),
  },
  {
    ...admins,
    path: "webhooks/info",
    summary: "Get all webhooks' info",
    effect: "reads",
    returns: "properties list",
    answers: WEBHOOK_KEYS.keys,
    errors: WEBHOOK_ERRORS.list,
    example: EXAMPLES.infos,
    run: ({ store }) => webhookInfos(store),
  },
  {
    ...admins,
    path: "webhooks/WEBHOOK/info",
    summary: "Get single webhook info",
    effect: "reads",
    returns: "properties",
    answers: WEBHOOK_KEYS.keys,
    errors: WEBHOOK_ERRORS.info,
    example: EXAMPLES.info,
    run: async ({ store }, { params }) => webhookInfo(store, webhookWord(params.WEBHOOK)),
  },
  {
    ...admins,
    path: "webhooks/create",
    summary: "Have events sent to a URL, signed with a secret that is answered this once",
    creates: true,
    effect: "changes",
    takes: "properties",
    keys: WEBHOOK_KEYS.toCreate,
    returns: "properties",
    answers: WEBHOOK_KEYS.keys,
    errors: WEBHOOK_ERRORS.create,
    example: EXAMPLES.create,
    async run(dependencies, { caller, input, idempotencyKey }) {
      const changes = readInput(WEBHOOK_KEYS, input, "create");
      const repeat = repeatOf(caller.user, idempotencyKey, "webhooks/create", input);
      const { uuid, secret } = await createWebhook(dependencies, caller.login, changes, repeat);
      return webhookInfo(dependencies.store, uuid, secret);
    },
  },
  {
    ...admins,
    path: "webhooks/WEBHOOK/set",
    summary: "Set where a webhook's events are sent, or which",
    effect: "changes",
    takes: "properties",
    keys: WEBHOOK_KEYS.toSet,
    returns: "properties",
    answers: WEBHOOK_KEYS.keys,
    errors: WEBHOOK_ERRORS.act,
    example: EXAMPLES.set,
    async run(dependencies, { caller, input, params }) {
      const { store } = dependencies;
      const uuid = webhookWord(params.WEBHOOK);
      await webhookInfo(store, uuid);
      await setWebhook(dependencies, caller.login, uuid, readInput(WEBHOOK_KEYS, input, "stopped"));
      return webhookInfo(store, uuid);
    },
  },
  {
    ...admins,
    path: "webhooks/WEBHOOK/destroy",
    summary: "Take a webhook away: nothing more is sent there",
    effect: "changes",
    returns: "nothing",
    errors: WEBHOOK_ERRORS.act,
    example: EXAMPLES.act,
    run: async (dependencies, { caller, params }) =>
      destroyWebhook(dependencies, caller.login, webhookWord(params.WEBHOOK)),
  },
  {
    ...admins,
    path: "webhooks/WEBHOOK/log",
    summary: "List the last thousand deliveries of a webhook",
    effect: "reads",
    returns: "properties list",
    answers: LOG_KEYS.keys,
    errors: WEBHOOK_ERRORS.info,
    example: EXAMPLES.log,
    async run({ store }, { params }) {
      const uuid = webhookWord(params.WEBHOOK);
      await webhookInfo(store, uuid);
      return webhookLog(store, uuid);
    },
  },
  {
    ...admins,
    path: "webhooks/WEBHOOK/test",
    summary: "Send a webhook an event that stands for nothing, and tell what came of it",
    effect: "changes",
    returns: "properties",
    answers: TEST_KEYS.keys,
    errors: WEBHOOK_ERRORS.act,
    example: EXAMPLES.test,
    async run(dependencies, { caller, params }) {
      const { status, error } = await testWebhook(dependencies, webhookWord(params.WEBHOOK), caller.user);
      return [
        ...(status === null ? [] : [["status", status] as const]),
        ...(error === "" ? [] : [["error", error] as const]),
      ];
    },
  },
];
