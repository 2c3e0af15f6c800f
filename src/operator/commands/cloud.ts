/** The commands on the cloud as a whole, which are there for admins: how it does, and what of it needs a person. */
import type { Declared } from "../../api/command.ts";
import type { Properties } from "../../api/properties.ts";
import { CLOUD_USER } from "../../base/ids.ts";
import type { Tx } from "../../store/store.ts";
import type { Need } from "../needs.ts";
import type { Trouble } from "../troubles.ts";
import type { CloudCommandDependencies } from "./dependencies.ts";
import { CLOUD_KEYS, NEED_KEYS, TROUBLE_KEYS } from "./keys.ts";

const INFO: Properties = [
  ["version", "0.4.0"],
  ["since", 1_798_761_600],
  ["accounts", 12],
  ["servers", 30],
  ["drives", 42],
  ["needs", 1],
  ["home:disk", 1_000_000_000_000],
  ["home:free", 990_000_000_000],
];

const row = { isAdmins: true, effect: "reads", takes: "nothing" } as const;

export const CLOUD_COMMANDS: readonly Declared<CloudCommandDependencies>[] = [
  {
    ...row,
    path: "cloud/info",
    summary: "Get what the cloud is and has, and how many things in it need a person",
    returns: "properties",
    answers: CLOUD_KEYS.keys,
    answersAs: "CloudInfo",
    errors: [],
    example: { answer: INFO },
    async run({ store, ownStatus, needs }) {
      const [{ version, sinceMs, disks }, found] = await Promise.all([ownStatus(), needs()]);
      const { home } = disks;
      return [
        ["version", version],
        ["since", seconds(sinceMs)],
        ...(await store.snapshot(countsOf)),
        ["needs", found.length],
        ...(home === null
          ? []
          : [["home:disk", home.sizeBytes] as const, ["home:free", home.freeBytes] as const]),
      ];
    },
  },
  {
    ...row,
    path: "cloud/status",
    summary: "List what in the cloud needs a person, and why; nothing where all is well",
    returns: "properties list",
    answers: NEED_KEYS.keys,
    answersAs: "Need",
    errors: [],
    example: { answer: [] },
    async *run({ needs }) {
      const found = await needs();
      if (found.length > 0) yield found.map(needAnswer);
    },
  },
  {
    ...row,
    path: "cloud/troubles",
    summary: "List what went wrong in the last hour where nobody waited for it, and was tried again",
    returns: "properties list",
    answers: TROUBLE_KEYS.keys,
    answersAs: "Trouble",
    errors: [],
    example: { answer: [] },
    async *run({ ownStatus }) {
      const { troubles } = await ownStatus();
      if (troubles.length > 0) yield troubles.map(troubleAnswer);
    },
  },
];

const seconds = (ms: number) => Math.floor(ms / 1000);

async function countsOf(tx: Tx): Promise<Properties> {
  const { count: accounts } = await tx
    .selectFrom("users")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("status", "!=", "closed")
    .where("uuid", "!=", CLOUD_USER)
    .executeTakeFirstOrThrow();
  const count = async (table: "servers" | "drives") => {
    const query = tx.selectFrom(table).select(({ fn }) => fn.countAll<number>().as("count"));
    return Number((await query.executeTakeFirstOrThrow()).count);
  };
  return [
    ["accounts", Number(accounts)],
    ["servers", await count("servers")],
    ["drives", await count("drives")],
  ];
}

function needAnswer({
  matter,
  host,
  kind,
  object,
  user,
  wants,
  sinceMs,
  attempts,
  nextMs,
  says,
}: Need): Properties {
  const entries: [string, string | number | undefined][] = [
    ["matter", matter],
    ["host", host],
    ["kind", kind],
    ["object", object],
    ["user", user],
    ["wants", wants],
    ["since", sinceMs === undefined ? undefined : seconds(sinceMs)],
    ["attempts", attempts],
    ["next", nextMs === undefined ? undefined : seconds(nextMs)],
    ["says", says],
  ];
  return entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
}

const troubleAnswer = ({ level, message, count, firstMs, lastMs }: Trouble): Properties => [
  ["level", level],
  ["says", message],
  ["count", count],
  ["first", seconds(firstMs)],
  ["last", seconds(lastMs)],
];
