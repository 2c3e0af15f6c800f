/** What servers send and receive is noted once, over random histories in which daemons die and counters are lost. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { bytesSince, notedOf } from "../../src/metering/counters.ts";
import { TransferReadings } from "../../src/servers/transfer-readings.ts";
import { bounded } from "../../testing/property.ts";
import { countUplink, endRun, loseUplinkCounter } from "../../testing/simulated/servers.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { lifecycle, makeLasting } from "../../testing/state-objects.ts";
import { stateRuns } from "../../testing/stores.ts";

const SERVERS = 3;
const KINDS = [
  ...["sends", "sends", "sends", "is read", "is read", "stops", "ends", "starts"],
  ...["loses its counter", "daemon dies", "dies while it stops", "dies while it reads", "loses power"],
] as const;
const EVENT = fc.record({
  kind: fc.constantFrom(...KINDS),
  server: fc.nat(SERVERS - 1),
  bytes: fc.integer({ min: 1, max: 2 ** 40 }),
});

/** A history over a cloud, with what is to be noted in the end. */
class History {
  readonly #cloud: Cloud;
  readonly #servers: readonly string[];
  #readings: TransferReadings;
  /** What was sent in all, less what nobody can know of any more. */
  #sent = 0;

  static async begin(t: Pick<TestContext, "after">): Promise<History> {
    const cloud = await openCloud(t);
    const servers: string[] = [];
    for (let index = 0; index < SERVERS; index++) {
      servers.push(await makeLasting(cloud, { "nic:0:dhcp": "auto" }));
    }
    return new History(cloud, servers);
  }

  private constructor(cloud: Cloud, servers: readonly string[]) {
    this.#cloud = cloud;
    this.#servers = servers;
    this.#readings = this.#newReadings();
  }

  async happen({ kind, server: index, bytes }: { kind: string; server: number; bytes: number }) {
    const [cloud, server] = [this.#cloud, this.#servers[index] ?? ""];
    const run = cloud.machine.servers.get(server);
    const uplink = run?.counters.uplink;
    const { stop, start } = lifecycle(cloud);
    if (kind === "is read") await this.#readAll();
    else if (kind === "daemon dies") await this.#restart();
    else if (kind === "dies while it reads") {
      const reading = this.#readings.read();
      await this.#restart();
      void reading;
    } else if (kind === "starts" && run === undefined) await start(server);
    else if (run === undefined || uplink === undefined) return;
    else if (kind === "sends") {
      countUplink(cloud.machine, server, bytes);
      this.#sent += bytes;
    } else if (kind === "stops") await stop(server);
    else if (kind === "ends") {
      endRun(cloud.machine, server);
      await cloud.settled();
    } else if (kind === "dies while it stops") {
      stop(server).catch(() => {});
      await this.#restart();
    } else await this.#lose(server, kind);
  }

  async assertNoted(): Promise<void> {
    await this.#cloud.settled();
    await this.#readAll();
    const rows = await this.#cloud
      .daemon()
      .store.transaction((tx) => tx.selectFrom("transfers").select("bytes").execute());
    assert.equal(
      rows.reduce((sum, { bytes }) => sum + bytes, 0),
      this.#sent,
    );
  }

  /** The run, or its counter, is gone, and what was sent since that was noted last is known to nobody. */
  async #lose(server: string, kind: string): Promise<void> {
    const uplink = this.#cloud.machine.servers.get(server)?.counters.uplink;
    if (uplink === undefined) return;
    const [noted] = await this.#cloud.daemon().store.transaction((tx) => notedOf(tx, [server]));
    this.#sent -= bytesSince(noted?.last ?? null, uplink);
    if (kind === "loses power") {
      this.#cloud.machine.servers.delete(server);
      await this.#cloud.settled();
    } else loseUplinkCounter(this.#cloud.machine, server);
  }

  async #readAll(): Promise<void> {
    // The first of a daemon's life learns what is noted already.
    for (let times = 0; times < 2; times++) await this.#readings.read();
  }

  async #restart(): Promise<void> {
    await this.#cloud.restart();
    this.#readings = this.#newReadings();
  }

  #newReadings(): TransferReadings {
    const { store, hosts, clock, onTrouble } = this.#cloud.daemon().dependencies;
    return new TransferReadings({ store, hosts, clock, onTrouble });
  }
}

test("all that servers send is noted, once, but for what a counter had counted that was lost", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(EVENT, { minLength: 5, maxLength: 30 }), async (events) => {
      const ends: (() => Promise<void>)[] = [];
      const history = await History.begin({ after: (end: () => Promise<void>) => ends.push(end) } as never);
      try {
        for (const event of events) await history.happen(event);
        await history.assertNoted();
      } finally {
        for (const end of ends.reverse()) await end();
      }
    }),
    bounded(stateRuns(24)),
  );
});
