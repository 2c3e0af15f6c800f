/**
 * The triggers of 0016: which change of which row is told to its owner as what. One list of cases makes those of both
 * engines. A server that is being created or destroyed is none to its owner, and so it is with a drive that is not ready.
 */
/** How many are kept of each account. */
const MOST_KEPT = 1000;
/** The account of standard images (`CLOUD_USER`), whose drives are nobody's own. */
const CLOUD = "'00000000-0000-0000-0000-000000000001'";

const isServer = (row: string) => `${row}.phase not in ('creating', 'destroying')`;
const serverStatus = (row: string) =>
  `case when ${row}.phase = 'active' then coalesce(${row}.run_state, 'active') else 'stopped' end`;
const isDrive = (row: string) => `${row}.phase = 'ready'`;
const imagingStatus = (state: string) => `case ${state} when 'running' then 'imaging' else ${state} end`;
const driveStatus = (row: string) =>
  `coalesce((select ${imagingStatus("i.state")} from imagings i where i.target = ${row}.uuid), 'ready')`;

type Case = {
  readonly name: string;
  readonly table: "servers" | "drives" | "imagings" | "resources";
  /** What is done to the row; an update of certain columns alone. */
  readonly on: "insert" | "delete" | `update of ${string}`;
  readonly when: string;
  readonly kind: "created" | "status" | "changed" | "destroyed";
  readonly status: string;
};

const NONE = "''";
const both = (is: (row: string) => string) => `${is("old")} and ${is("new")}`;

const SERVERS: readonly Omit<Case, "table">[] = [
  {
    ...{ name: "made", on: "insert", kind: "created" },
    ...{ when: isServer("new"), status: serverStatus("new") },
  },
  {
    ...{ name: "come", on: "update of phase", kind: "created" },
    ...{ when: `not (${isServer("old")}) and ${isServer("new")}`, status: serverStatus("new") },
  },
  {
    ...{ name: "status", on: "update of phase, run_state", kind: "status" },
    when: `${both(isServer)} and ${serverStatus("old")} <> ${serverStatus("new")}`,
    status: serverStatus("new"),
  },
  {
    ...{ name: "set", on: "update of config", kind: "changed" },
    ...{ when: `${both(isServer)} and old.config <> new.config`, status: serverStatus("new") },
  },
  {
    ...{ name: "gone", on: "update of phase", kind: "destroyed" },
    ...{ when: `${isServer("old")} and not (${isServer("new")})`, status: NONE },
  },
  { ...{ name: "removed", on: "delete", kind: "destroyed" }, ...{ when: isServer("old"), status: NONE } },
];

const DRIVES: readonly Omit<Case, "table">[] = [
  {
    ...{ name: "made", on: "insert", kind: "created" },
    ...{ when: isDrive("new"), status: driveStatus("new") },
  },
  {
    ...{ name: "come", on: "update of phase", kind: "created" },
    ...{ when: `not (${isDrive("old")}) and ${isDrive("new")}`, status: driveStatus("new") },
  },
  {
    ...{ name: "set", on: "update of properties, size_bytes, claim_type", kind: "changed" },
    when: `${both(isDrive)} and (old.properties <> new.properties or old.size_bytes <> new.size_bytes or old.claim_type <> new.claim_type)`,
    status: driveStatus("new"),
  },
  {
    ...{ name: "gone", on: "update of phase", kind: "destroyed" },
    ...{ when: `${isDrive("old")} and not (${isDrive("new")})`, status: NONE },
  },
  { ...{ name: "removed", on: "delete", kind: "destroyed" }, ...{ when: isDrive("old"), status: NONE } },
];

const IMAGINGS: readonly Omit<Case, "table">[] = [
  {
    ...{ name: "asked", on: "insert", kind: "status" },
    ...{ when: "1 = 1", status: imagingStatus("new.state") },
  },
  {
    ...{ name: "goes", on: "update of state", kind: "status" },
    ...{ when: "old.state <> new.state", status: imagingStatus("new.state") },
  },
  { ...{ name: "over", on: "delete", kind: "status" }, ...{ when: "1 = 1", status: "'ready'" } },
];

const RESOURCES: readonly Omit<Case, "table">[] = [
  { name: "made", on: "insert", kind: "created", when: "1 = 1", status: NONE },
  {
    ...{ name: "set", on: "update of properties", kind: "changed" },
    ...{ when: "old.properties <> new.properties", status: NONE },
  },
  { name: "removed", on: "delete", kind: "destroyed", when: "1 = 1", status: NONE },
];

const CASES: readonly Case[] = [
  ...SERVERS.map((each) => ({ ...each, table: "servers" as const })),
  ...DRIVES.map((each) => ({ ...each, table: "drives" as const })),
  ...IMAGINGS.map((each) => ({ ...each, table: "imagings" as const })),
  ...RESOURCES.map((each) => ({ ...each, table: "resources" as const })),
];

/** Whose object it is, what it is and is called, as a table of one row, or of none where nobody is told. */
function noted({ table, on, kind, status }: Case): string {
  const row = on === "delete" ? "old" : "new";
  const told = `'${kind}' as kind, ${status} as status`;
  switch (table) {
    case "servers":
      return `select ${row}."user" as owner, 'server' as type, ${row}.uuid as object, ${told} where ${row}."user" <> ${CLOUD}`;
    case "drives":
      return `select ${row}."user" as owner, 'drive' as type, ${row}.uuid as object, ${told} where ${row}."user" <> ${CLOUD}`;
    case "imagings":
      return `select d."user" as owner, 'drive' as type, d.uuid as object, ${told} from drives d where d.uuid = ${row}.target and ${isDrive("d")} and d."user" <> ${CLOUD}`;
    case "resources":
      return `select ${row}."user" as owner, ${row}.type as type, ${row}.resource as object, ${told} where ${row}."user" <> ${CLOUD}`;
  }
}

const triggerName = ({ table, name }: Case) => `changes_of_${table}_${name}`;

export const sqliteTriggers = (): readonly string[] =>
  CASES.map((each) => {
    const note = `(${noted(each)}) n`;
    const last = `(select c.last from change_counters c where c."user" = n.owner)`;
    return `create trigger ${triggerName(each)} after ${each.on} on ${each.table} when ${each.when} begin
      insert into change_counters ("user", last, moved) select '', 1, 0 from ${note} where true
        on conflict ("user") do update set last = last + 1;
      insert into change_counters ("user", last, moved)
        select n.owner, 1, (select c.last from change_counters c where c."user" = '') from ${note} where true
        on conflict ("user") do update set last = last + 1, moved = excluded.moved;
      insert into changes ("user", serial, time, kind, type, object, status)
        select n.owner, ${last}, unixepoch(), n.kind, n.type, n.object, n.status from ${note};
      delete from changes where ("user", serial) in (select n.owner, ${last} - ${MOST_KEPT} from ${note});
    end`;
  });

export const postgresTriggers = (): readonly string[] => [
  `create function note_change(owner text, told_kind text, told_type text, told_object text, told_status text)
    returns void language plpgsql as $$
    declare
      all_last bigint;
      own_last bigint;
    begin
      insert into change_counters as c ("user", last, moved) values ('', 1, 0)
        on conflict ("user") do update set last = c.last + 1 returning c.last into all_last;
      insert into change_counters as c ("user", last, moved) values (owner, 1, all_last)
        on conflict ("user") do update set last = c.last + 1, moved = excluded.moved returning c.last into own_last;
      insert into changes ("user", serial, time, kind, type, object, status)
        values (owner, own_last, extract(epoch from clock_timestamp())::bigint, told_kind, told_type, told_object, told_status);
      delete from changes where "user" = owner and serial = own_last - ${MOST_KEPT};
    end $$`,
  ...CASES.flatMap((each) => {
    const name = triggerName(each);
    return [
      `create function ${name}() returns trigger language plpgsql as $$
        begin
          perform note_change(n.owner, n.kind, n.type, n.object, n.status) from (${noted(each)}) n;
          return null;
        end $$`,
      `create trigger ${name} after ${each.on} on ${each.table}
        for each row when (${each.when}) execute function ${name}()`,
    ];
  }),
];
