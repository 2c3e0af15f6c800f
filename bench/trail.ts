/**
 * What the audit trail costs a request that changes something: `set` of a stopped server that leaves its event, against the same
 * that leaves none, as who asks sees it. In this process, on a store of its own.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createUser } from "../src/accounts/users.ts";
import { bind, type Command } from "../src/api/command.ts";
import { Trail } from "../src/audit/trail.ts";
import { Scratch } from "../src/http/body/scratch.ts";
import { openServer } from "../src/http/server.ts";
import { SERVER_COMMANDS } from "../src/servers/commands.ts";
import { createServer } from "../src/servers/lifecycle/create.ts";
import { ServerRecords } from "../src/servers/records.ts";
import { LISTED_AT_ONCE } from "../src/store/event-lists.ts";
import { openStore } from "../src/store/open.ts";
import { everybody } from "../testing/http/accounts.ts";
import { emptyMachine } from "../testing/simulated/machine.ts";
import { openDaemon } from "../testing/state-daemon.ts";
import { type Figure, interleaved, type Measured, seconds } from "./ratio.ts";

const SET = "servers/SERVER/set";
const PAIRS = 2_001;
/** Before anything is measured, until what is compiled is compiled. */
const WARM_PAIRS = 300;
/** Of all times, the one that so large a share of them is below: what a sync takes on a shared machine differs more than the two do. */
const QUIET = 0.1;
const AT_MOST = 1.05;

export async function trailFigures(): Promise<Figure[]> {
  await using cloud = await opened();
  await interleaved(WARM_PAIRS, cloud.recorded, cloud.plain);
  const before = await cloud.events();
  const took = await quietly(cloud.recorded, cloud.plain, before + 1);
  const left = (await cloud.events()) - before;
  if (left !== PAIRS) throw new Error(`${PAIRS} pairs of sets left ${left} events`);
  return [
    {
      ...{ what: "set of a stopped server, with its event in the trail", ...took, unit: "ms" },
      ...{ against: "the same that leaves no event", goal: { atMost: AT_MOST } },
    },
  ];
}

/**
 * What both take in turns while nothing else is in their way.
 *
 * @param first the number of the first event that ours leaves
 */
async function quietly(
  ours: () => Promise<number>,
  reference: () => Promise<number>,
  first: number,
): Promise<Measured> {
  const times: { ours: number[]; reference: number[] } = { ours: [], reference: [] };
  const noting = (of: () => Promise<number>, all: number[]) => async () => {
    const time = await of();
    all.push(time);
    return time;
  };
  await interleaved(PAIRS, noting(ours, times.ours), noting(reference, times.reference));
  const entering = times.ours.filter((_, at) => (first + at) % LISTED_AT_ONCE === 0);
  const usual = quiet(times.ours);
  // Of what enters the lists for all since the last one, each event bears its part.
  const part = (quiet(entering) - usual) / LISTED_AT_ONCE;
  return { ours: usual + part, reference: quiet(times.reference) };
}

const quiet = (all: readonly number[]) =>
  all.toSorted((one, other) => one - other)[Math.floor(QUIET * all.length)] ?? Number.NaN;

/** A cloud with one stopped server, and what a `set` of it takes in ms: with its event, and without. */
async function opened() {
  const dir = await mkdtemp(join(tmpdir(), "lodge-trail-"));
  const store = await openStore({ file: (name) => join(dir, name) });
  const onTrouble = (error: unknown) => {
    throw error;
  };
  const daemon = await openDaemon({ store, machine: emptyMachine(), alone: true, onTrouble });
  const { uuid: user } = await createUser(store, "ann");
  const { dependencies } = daemon;
  const named = new Map(Object.entries({ name: "s", cpu: 500, mem: 64 }));
  const server = await createServer(dependencies, { user, input: named, start: false });
  const records = new ServerRecords(daemon.store);
  const commands = bind(SERVER_COMMANDS, { ...dependencies, records }).filter(({ path }) => path === SET);
  const trail = new Trail(daemon.store, onTrouble);
  const [[plain], [recorded]] = [commands, trail.follow(commands)];
  if (plain === undefined || recorded === undefined) throw new Error(`there is no ${SET}`);
  const both = await Promise.all([served(recorded), served(plain)]);
  const authorization = `Basic ${Buffer.from(`${user}:secret`).toString("base64")}`;
  let sets = 0;
  async function set(url: string): Promise<void> {
    const headers = { authorization, "content-type": "text/plain" };
    const body = `user:note ${sets++}\n`;
    const answer = await fetch(`${url}/servers/${server}/set`, { method: "POST", headers, body });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(text);
  }
  const ms = (url: string) => async () => 1_000 * (await seconds(() => set(url)));
  return {
    recorded: ms(both[0].url),
    plain: ms(both[1].url),
    async events(): Promise<number> {
      const count = await store.snapshot((tx) =>
        tx.selectFrom("events").select(tx.fn.countAll().as("count")).executeTakeFirstOrThrow(),
      );
      return Number(count.count);
    },
    async [Symbol.asyncDispose]() {
      for (const { close } of both) await close();
      await daemon.close();
      await store.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** The command over HTTP, to whoever has the password "secret". */
async function served(command: Command) {
  const server = openServer({
    commands: [command],
    accounts: everybody(),
    scratch: new Scratch(tmpdir()),
  });
  return {
    url: await server.listen({ host: "127.0.0.1", port: 0 }),
    close: () => server.close(0),
  };
}
