/** The daemon as it is seen from outside: its admin listener and its operator's socket, put together. */
import { atMostEvery } from "./base/at-most-every.ts";
import { fileSystemOf } from "./base/file-system.ts";
import type { Cloud } from "./cloud.ts";
import type { Home } from "./home.ts";
import { LOCAL_HOST } from "./hosts/hosts.ts";
import type { Health } from "./http/health.ts";
import type { HttpServer } from "./http/http-server.ts";
import { type AdminListener, openAdminListener } from "./metrics/admin-listener.ts";
import type { EndedOperations } from "./metrics/ended-operations.ts";
import { gather, type Sources } from "./metrics/figures.ts";
import { ObjectCounts } from "./metrics/object-counts.ts";
import { operatorSocket } from "./operator/client.ts";
import { type OperatorServer, openOperator } from "./operator/server.ts";
import { type DaemonStatus, disagreements, type OwnStatus } from "./operator/status.ts";
import type { Troubles } from "./operator/troubles.ts";
import { VERSION } from "./version.ts";

/** All rows and files are compared for it. */
const DISAGREEMENTS_EVERY_MS = 120_000;

/** What was noted of what the daemon did in the background. */
export type Observed = {
  /** Since when it runs, in milliseconds since the epoch. */
  readonly sinceMs: number;
  readonly troubles: Troubles;
  readonly operations: EndedOperations;
  readonly onTrouble: (error: unknown) => void;
};

export type Seen = {
  readonly home: Home;
  readonly cloud: Cloud;
  readonly server: HttpServer;
  readonly health: Health;
  readonly observed: Observed;
};

/** What writes metrics down is in memory where they are told. Errors: it cannot listen there. */
export async function openAdmin(
  at: { readonly host: string; readonly port: number },
  seen: Seen,
): Promise<AdminListener> {
  const { Exposition } = await import("./metrics/exposition.ts");
  const sources = sourcesOf(seen);
  return openAdminListener(at, {
    health: seen.health,
    exposition: new Exposition(() => gather(sources)),
    onTrouble: seen.observed.onTrouble,
  });
}

function sourcesOf({ home, cloud, server, health, observed }: Seen): Sources {
  const { host, hosts, measured: store } = cloud;
  return {
    ...{ version: VERSION, home: home.dir, health, store, operations: observed.operations, now: Date.now },
    objects: new ObjectCounts(store),
    http: () => server.figures,
    machine: () => host.figures,
    facts: () => host.facts(),
    instances: () => hosts.get(LOCAL_HOST).servers.list(),
    disagreements: atMostEvery(DISAGREEMENTS_EVERY_MS, () => disagreements(cloud)),
    troubles: () => observed.troubles.counts,
  };
}

/** Listens for the operator. Errors: those of the file system. */
export function openOperatorOf(
  seen: Seen,
  listens: Pick<DaemonStatus, "api" | "admin">,
): Promise<OperatorServer> {
  return openOperator(operatorSocket(seen.home.runDir), {
    ...seen.cloud,
    daemonStatus: async () => ({ ...(await ownStatus(seen)), ...listens }),
  });
}

/** What the daemon says of itself and its machine. Errors: none of a disk, which is not told then. */
export async function ownStatus({ home, cloud, health, observed }: Omit<Seen, "server">): Promise<OwnStatus> {
  const [homeDisk, drivesDisk] = await Promise.all(
    [home.dir, `${home.dir}/drives`].map((folder) => fileSystemOf(folder).catch(() => null)),
  );
  const { volumes, network } = cloud.host.figures;
  return {
    ...{ version: VERSION, pid: process.pid, sinceMs: observed.sinceMs, unready: await health.unready() },
    disks: { home: homeDisk ?? null, drives: drivesDisk ?? null },
    clockApartS: cloud.clock.apartS ?? 0,
    outOfOrder: network.outOfOrder,
    storageDaemons: volumes.storageDaemons,
    troubles: observed.troubles.recent(Date.now()),
  };
}
