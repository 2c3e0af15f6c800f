/** The commands that answer the audit trail (accounts: the operator). */
import type { Declared, Example, Params } from "../api/command.ts";
import { shown } from "../api/shown.ts";
import { usage } from "../base/errors.ts";
import { EVENT_KEYS } from "./keys.ts";
import type { EventRecords } from "./records.ts";

export type AuditDependencies = { readonly events: EventRecords };

const USER = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";

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
      ["object", "203.0.113.7"],
      ["outcome", "done"],
    ],
  ],
};

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
    path: "events[/FROM]",
    summary: "List what was done in all accounts: the last, or from an event's number on",
    isAdmins: true,
    run: ({ events }, { params }) => events.all(fromWord(params)),
  },
];

/** Errors: `usage`. */
function fromWord({ FROM }: Params): number | null {
  if (FROM === undefined) return null;
  if (/^\d{1,15}$/.test(FROM)) return Number(FROM);
  throw usage("malformed_parameter", `FROM is the number of an event, not ${shown(FROM)}`);
}
