/** How much an account uses, as its rows say it, read in the transaction that asks. */
import { z } from "zod";
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

type Count = (tx: Tx, user: string) => Promise<number>;

const USED: Readonly<Record<Resource, Count>> = {
  cpu: (tx, user) => runningSum(tx, user, "cpu_mhz"),
  mem: (tx, user) => runningSum(tx, user, "mem_mib"),
  disk: async (tx, user) => {
    const drives = tx.selectFrom("drives").where("user", "=", user);
    const { sum } = await drives
      .select((row) => row.fn.sum("size_bytes").as("sum"))
      .executeTakeFirstOrThrow();
    return Number(sum ?? 0) + (await growthUnderWay(tx, user));
  },
  ip: (tx, user) => heldCount(tx, user, "ip"),
  vlan: (tx, user) => heldCount(tx, user, "vlan"),
  servers: (tx, user) => objectCount(tx, user, "servers"),
  drives: (tx, user) => objectCount(tx, user, "drives"),
};

const RESIZE = z.object({ sizeBytes: z.int() });

/** How much larger the user's drives become by resizes that are not done: two at once are not to pass a limit together. */
async function growthUnderWay(tx: Tx, user: string): Promise<number> {
  const rows = await tx
    .selectFrom("operations")
    .innerJoin("drives", "drives.uuid", "operations.object")
    .select(["operations.params", "drives.size_bytes"])
    .where("operations.action", "=", "resize")
    .where("drives.user", "=", user)
    .execute();
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
async function runningSum(tx: Tx, user: string, column: "cpu_mhz" | "mem_mib"): Promise<number> {
  const { sum } = await tx
    .selectFrom("servers")
    .where("user", "=", user)
    .where("phase", "!=", "stopped")
    .select((row) => row.fn.sum(column).as("sum"))
    .executeTakeFirstOrThrow();
  return Number(sum ?? 0);
}

async function objectCount(tx: Tx, user: string, what: "servers" | "drives"): Promise<number> {
  const rows = tx.selectFrom(what).where("user", "=", user).select(tx.fn.countAll().as("count"));
  return Number((await rows.executeTakeFirstOrThrow()).count);
}

async function heldCount(tx: Tx, user: string, type: "ip" | "vlan"): Promise<number> {
  const rows = tx
    .selectFrom("resources")
    .where("user", "=", user)
    .where("type", "=", type)
    .select(tx.fn.countAll().as("count"));
  return Number((await rows.executeTakeFirstOrThrow()).count);
}
