/** Requests about accounts with their answers, for the description of the API. */
import type { Example } from "../api/command.ts";
import type { Properties } from "../api/properties.ts";

const USER = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";
const KEY = "0f6d2c8a-7b31-4e59-8a64-3c1d9e0b5f72";
const SECRET = "vZ5cG0Nn3mYk1qT8wXbR4sLd7uJfHa2oPe6iKtQyBzM";

const amounts: Properties = [
  ["limit:ip", 256],
  ["limit:vlan", 256],
  ["limit:servers", 2_000],
  ["limit:drives", 5_000],
  ["used:cpu", 0],
  ["used:mem", 0],
  ["used:disk", 0],
  ["used:ip", 0],
  ["used:vlan", 0],
  ["used:servers", 0],
  ["used:drives", 0],
];

const account = (role: string): Properties => [
  ["user", USER],
  ["name", "Example Ltd"],
  ["email", "cloud@example.com"],
  ["status", "active"],
  ["role", role],
  ...amounts,
];

const limited: Properties = account("user").flatMap((entry) =>
  entry[0] === "limit:ip" ? [["limit:cpu", 8_000] as const, ["limit:ip", 2] as const] : [entry],
);

const key: Properties = [
  ["key", KEY],
  ["name", "backup"],
  ["scope", "drives"],
  ["expires", 4_102_444_800],
  ["created", 1_798_761_600],
  ["hint", SECRET.slice(-4)],
];

const SESSION = "3a7e9c41-5d20-4f8b-b6e1-2c9a8d7f6e50";

const session: Properties = [
  ["session", SESSION],
  ["key", KEY],
  ["created", 1_798_761_600],
  ["used", 1_798_761_600],
  ["expires", 1_798_804_800],
  ["address", "192.0.2.7"],
];

const params = { USER };

export const ACCOUNT_EXAMPLES = {
  list: { answer: [[["user", USER]]] },
  info: { params, answer: limited },
  infoOfAll: { answer: [limited] },
  create: {
    input: { name: "Example Ltd", email: "cloud@example.com", "limit:cpu": 8_000, "limit:ip": 2 },
    answer: [...limited, ["secret", SECRET]],
  },
  set: {
    params,
    input: { name: "Example Ltd", email: "cloud@example.com", "limit:cpu": 8_000, "limit:ip": 2 },
    answer: limited,
  },
  suspend: { params, input: { reason: "the invoice of November" } },
  act: { params },
  close: { params, input: { everything: "true" } },
  profile: { answer: account("admin") },
  profileSet: {
    input: { name: "Example Ltd", email: "cloud@example.com" },
    answer: account("admin"),
  },
  keyList: { answer: [[["key", KEY]]] },
  keyInfo: { params: { KEY }, answer: key },
  keyInfos: { answer: [key] },
  keyCreate: {
    input: { name: "backup", scope: "drives", expires: 4_102_444_800 },
    answer: [...key, ["secret", SECRET]],
  },
  keySet: { params: { KEY }, input: { name: "nightly backup" } },
  keyAct: { params: { KEY } },
} as const satisfies Record<string, Example>;

export const SESSION_EXAMPLES = {
  begin: { answer: [...session, ["current", "true"]] },
  end: {},
  list: { answer: [[["session", SESSION]]] },
  infoOfAll: { answer: [session] },
  info: { params: { SESSION }, answer: session },
  act: { params: { SESSION } },
} as const satisfies Record<string, Example>;
