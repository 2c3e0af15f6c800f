/** How much an account uses, as its rows say it, read in the transaction that asks. */
import { z } from "zod";
import { statement } from "../store/statement.ts";
import type { Tx } from "../store/store.ts";
import { type Amounts, RESOURCES, type Resource } from "./resources.ts";

/** What the user has, what is being made and destroyed included; of servers that run, what their configurations say. */
export async function usedBy(
  tx: Tx,
  user: string,
  resources: readonly Resource[] = RESOURCES,
): Promise<Required<Amounts>> {
  const used: Record<Resource, number> = { cpu: 0, mem: 0, disk: 0, ip: 0, vlan: 0, servers: 0, drives: 0 };
  for (const resource of resources) used[resource] = await USED[resource](tx, user);
  return used;
}

type Counting = (tx: Tx, user: string) => Promise<number>;

const USED: Readonly<Record<Resource, Counting>> = {
  cpu: (tx, user) => runningSum(tx, user, "cpu_mhz"),
  mem: (tx, user) => runningSum(tx, user, "mem_mib"),
  disk: async (tx, user) => {
    const [drives] = (await driveBytes(tx, { user })).rows;
    return Number(drives?.sum ?? 0) + (await growthUnderWay(tx, user));
  },
  ip: (tx, user) => heldCount(tx, user, "ip"),
  vlan: (tx, user) => heldCount(tx, user, "vlan"),
  servers: (tx, user) => objectCount(tx, user, "servers"),
  drives: (tx, user) => objectCount(tx, user, "drives"),
};

const RESIZE = z.object({ sizeBytes: z.int() });

/** How much larger the user's drives become by resizes that are not done: two at once are not to pass a limit together. */
async function growthUnderWay(tx: Tx, user: string): Promise<number> {
  const { rows } = await resizes(tx, { user });
  return rows.reduce((sum, { params, size_bytes }) => sum + Math.max(0, sizeIn(params) - size_bytes), 0);
}

/** To which size a resize leads; nothing where that is damaged, as the resize itself says. */
function sizeIn(params: string): number {
  try {
    return RESIZE.parse(JSON.parse(params)).sizeBytes;
  } catch {
    return 0;
  }
}

/** Every server that is not stopped is between its start and its end, or about to be. */
const runningSum = async (tx: Tx, user: string, column: keyof typeof running): Promise<number> =>
  Number((await running[column](tx, { user })).rows[0]?.sum ?? 0);

const objectCount = async (tx: Tx, user: string, what: keyof typeof objects): Promise<number> =>
  Number((await objects[what](tx, { user })).rows[0]?.count ?? 0);

const heldCount = async (tx: Tx, user: string, type: "ip" | "vlan"): Promise<number> =>
  Number((await held(tx, { user, type })).rows[0]?.count ?? 0);

type Of = { user: string };
type Sum = { readonly sum: string | number | bigint | null };
type Count = { readonly count: string | number | bigint };

const driveBytes = statement<Of, Sum>((db, param) =>
  db
    .selectFrom("drives")
    .where("user", "=", param("user"))
    .select((row) => row.fn.sum("size_bytes").as("sum")),
);

const resizes = statement<Of, { readonly params: string; readonly size_bytes: number }>((db, param) =>
  db
    .selectFrom("operations")
    .innerJoin("drives", "drives.uuid", "operations.object")
    .select(["operations.params", "drives.size_bytes"])
    .where("operations.action", "=", "resize")
    .where("drives.user", "=", param("user")),
);

const runningWith = (column: "cpu_mhz" | "mem_mib") =>
  statement<Of, Sum>((db, param) =>
    db
      .selectFrom("servers")
      .where("user", "=", param("user"))
      .where("phase", "!=", "stopped")
      .select((row) => row.fn.sum(column).as("sum")),
  );
const running = { cpu_mhz: runningWith("cpu_mhz"), mem_mib: runningWith("mem_mib") };

const countOf = (table: "servers" | "drives") =>
  statement<Of, Count>((db, param) =>
    db
      .selectFrom(table)
      .where("user", "=", param("user"))
      .select((row) => row.fn.countAll().as("count")),
  );
const objects = { servers: countOf("servers"), drives: countOf("drives") };

const held = statement<Of & { type: "ip" | "vlan" }, Count>((db, param) =>
  db
    .selectFrom("resources")
    .where("user", "=", param("user"))
    .where("type", "=", param("type"))
    .select((row) => row.fn.countAll().as("count")),
);
