/** The commands that answer the audit trail (accounts: the operator). */
import type { Declared, Example, Params } from "../api/command.ts";
import { PARAMS } from "../api/params.ts";
import { shown } from "../api/shown.ts";
import { usage } from "../base/errors.ts";
import { EVENT_KEYS } from "./keys.ts";
import type { EventRecords } from "./records.ts";

export type AuditDependencies = { readonly events: EventRecords };

const USER = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";

const OBJECT = "203.0.113.7";

const EXAMPLE: Example = {
  params: { FROM: "1" },
  answer: [
    [
      ["event", 42],
      ["time", 1_798_761_600],
      ["user", USER],
      ["actor", USER],
      ["key", "0f6d2c8a-7b31-4e59-8a64-3c1d9e0b5f72"],
      ["address", "192.0.2.7"],
      ["command", "resources/TYPE/create"],
      ["object", OBJECT],
      ["outcome", "done"],
    ],
  ],
};

const OF_OBJECT: Example = { ...EXAMPLE, params: { OBJECT, FROM: "1" } };
const BEFORE: Example = { ...EXAMPLE, params: { OBJECT, EVENT: "43" } };

const row = {
  effect: "reads",
  takes: "nothing",
  returns: "properties list",
  answers: EVENT_KEYS.keys,
  errors: ["malformed_parameter"],
  example: EXAMPLE,
} as const;

export const AUDIT_COMMANDS: readonly Declared<AuditDependencies>[] = [
  {
    ...row,
    path: "profile/events[/FROM]",
    summary: "List what was done in one's own account: the last, or from an event's number on",
    run: ({ events }, { caller, params }) => events.ofUser(caller.user, fromWord(params)),
  },
  {
    ...row,
    path: "profile/events/of/OBJECT[/FROM]",
    summary: "List what was done to one object of one's own: the last, or from an event's number on",
    example: OF_OBJECT,
    run: ({ events }, { caller, params }) => events.ofUser(caller.user, fromWord(params), objectWord(params)),
  },
  {
    ...row,
    path: "profile/events[/of/OBJECT]/before/EVENT",
    summary:
      "List what was done in one's own account, or to one object of it, before an event of that number",
    example: BEFORE,
    run: ({ events }, { caller, params }) =>
      events.ofUserBefore(
        caller.user,
        eventWord(params),
        params.OBJECT === undefined ? null : objectWord(params),
      ),
  },
  {
    ...row,
    path: "events[/FROM]",
    summary: "List what was done in all accounts: the last, or from an event's number on",
    isAdmins: true,
    run: ({ events }, { params }) => events.all(fromWord(params)),
  },
];

/** Errors: `usage`. */
const fromWord = ({ FROM }: Params): number | null => (FROM === undefined ? null : numberOf("FROM", FROM));

/** Errors: `usage`. */
const eventWord = ({ EVENT = "" }: Params): number => numberOf("EVENT", EVENT);

/** Errors: `usage`. */
function numberOf(name: string, word: string): number {
  if (/^\d{1,15}$/.test(word)) return Number(word);
  throw usage("malformed_parameter", `${name} is the number of an event, not ${shown(word)}`);
}

/** Errors: `usage`. Whatever is there: of another's object as of none, nothing was done here. */
function objectWord({ OBJECT: word = "" }: Params): string {
  if (PARAMS.OBJECT?.schema.safeParse(word.toLowerCase()).success === true) return word.toLowerCase();
  throw usage("malformed_parameter", `OBJECT is a uuid or an IPv4 address, not ${shown(word)}`);
}
