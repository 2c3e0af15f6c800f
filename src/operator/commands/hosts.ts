/** The commands on hosts, which are there for admins: what each has and has promised, and what it can do. */
import type { Declared, Example, Params } from "../../api/command.ts";
import type { Properties, Value } from "../../api/properties.ts";
import { shownWord } from "../../api/shown.ts";
import { DeadlineExceeded, within } from "../../base/deadline.ts";
import { failed, LodgeError, missing } from "../../base/errors.ts";
import { isUndecided } from "../../host/errors.ts";
import type { Check, Host } from "../../host/host.ts";
import { allHosts, findHost, type HostRecord } from "../../hosts/hosts.ts";
import { roomOf, type Share } from "../../placement/room.ts";
import { VERSION } from "../../version.ts";
import { heldOn } from "../status.ts";
import type { CloudCommandDependencies } from "./dependencies.ts";
import { CHECK_KEYS, HOST_KEYS } from "./keys.ts";

type Dependencies = CloudCommandDependencies;

/** How long a host may take to say what runs there, and to look at itself. */
const ANSWER_MS = 10_000;
const CHECKS_MS = 60_000;

const HOST: Properties = [
  ["host", "local"],
  ["state", "up"],
  ["version", "0.4.0"],
  ["cores", 8],
  ["core:mhz", 2_500],
  ["accelerator", "kvm"],
  ["network", "bridged"],
  ["cpu", 80_000],
  ["cpu:promised", 4_000],
  ["cpu:free", 76_000],
  ["mem", 57_344],
  ["mem:promised", 2_048],
  ["mem:free", 55_296],
  ["disk", 1_000_000_000_000],
  ["disk:promised", 20_000_000_000],
  ["disk:free", 980_000_000_000],
  ["disk:unwritten", 990_000_000_000],
  ["servers", 3],
  ["drives", 4],
  ["running", 2],
];

const CHECK: Properties = [
  ["check", "Programs"],
  ["verdict", "good"],
  ["says", "all there"],
];

const params = { HOST: "local" };

const row = { isAdmins: true, effect: "reads", takes: "nothing" } as const;

export const HOST_COMMANDS: readonly Declared<Dependencies>[] = [
  {
    ...row,
    path: "hosts/list",
    summary: "List all hosts",
    returns: "list",
    answers: HOST_KEYS.named("host"),
    errors: ["record_damaged"],
    example: { answer: [[["host", "local"]]] },
    async *run({ store }) {
      const hosts = await store.snapshot(allHosts);
      if (hosts.length > 0) yield hosts.map(({ name }): Properties => [["host", name]]);
    },
  },
  {
    ...row,
    path: "hosts/info",
    summary: "Get all hosts' info: what each has, and has promised",
    returns: "properties list",
    answers: HOST_KEYS.keys,
    errors: ["record_damaged"],
    example: { answer: [HOST] },
    async *run(dependencies) {
      const hosts = await dependencies.store.snapshot(allHosts);
      if (hosts.length > 0) yield await Promise.all(hosts.map((host) => answer(dependencies, host)));
    },
  },
  {
    ...row,
    path: "hosts/HOST/info",
    summary: "Get single host info",
    returns: "properties",
    answers: HOST_KEYS.keys,
    errors: ["no_such_host"],
    example: { params, answer: HOST } satisfies Example,
    run: async (dependencies, request) =>
      answer(dependencies, await presentHost(dependencies, request.params)),
  },
  {
    ...row,
    path: "hosts/HOST/checks",
    summary: "List what a host can do for a cloud, found out by trying, at most once a minute",
    returns: "properties list",
    answers: CHECK_KEYS.keys,
    answersAs: "HostCheck",
    errors: ["no_such_host", "host_unavailable"],
    example: { params, answer: [CHECK] } satisfies Example,
    async *run(dependencies, request) {
      const { name } = await presentHost(dependencies, request.params);
      yield (await checksOf(dependencies.hosts.get(name), name)).map(checkAnswer);
    },
  },
];

/** Errors: `missing`. */
async function presentHost({ store }: Dependencies, { HOST: name = "" }: Params): Promise<HostRecord> {
  const host = await store.snapshot((tx) => findHost(tx, name));
  if (host === null) throw missing("no_such_host", `there is no host ${shownWord(name)}`);
  return host;
}

async function answer({ store, hosts }: Dependencies, record: HostRecord): Promise<Properties> {
  const { name, facts } = record;
  const { memMib, mhz, diskBytes } = roomOf(record);
  const { servers, drives } = await heldOn(store, name);
  const there = await ask(hosts, name);
  return [
    ...([
      ["host", name],
      ["state", there === null ? "silent" : "up"],
      ["version", VERSION],
      ["cores", facts.cores],
      ["core:mhz", Math.round(facts.coreMhz)],
      ["accelerator", facts.accelerator],
      ["network", facts.network],
    ] as const),
    ...shareAnswer("cpu", mhz),
    ...shareAnswer("mem", memMib),
    ...shareAnswer("disk", diskBytes),
    ...(there === null ? [] : [["disk:unwritten", there.freeBytes] as const]),
    ["servers", servers],
    ["drives", drives],
    ...(there === null ? [] : [["running", there.running] as const]),
  ];
}

function shareAnswer(what: string, { capacity, allocated }: Share): readonly (readonly [string, Value])[] {
  const [most, promised] = [Math.floor(capacity), Math.ceil(allocated)];
  return [
    [what, most],
    [`${what}:promised`, promised],
    [`${what}:free`, Math.max(0, most - promised)],
  ];
}

/** What the host says itself; null where it does not answer. Errors: its refusals. */
async function ask(hosts: Dependencies["hosts"], name: string) {
  try {
    const host = hosts.get(name);
    const asking = Promise.all([host.servers.list(), host.drives.space()]);
    const [instances, { freeBytes }] = await within(ANSWER_MS, `the answer of host ${name}`, asking);
    return { running: instances.filter(({ state }) => state !== "ended").length, freeBytes };
  } catch (error) {
    const isAway = error instanceof LodgeError && error.code === "host_unavailable";
    if (isAway || isUndecided(error)) return null;
    throw error;
  }
}

/** Errors: `failed` where they are not there in time. */
async function checksOf(host: Host, name: string): Promise<readonly Check[]> {
  try {
    return await within(CHECKS_MS, `what host ${name} finds of itself`, host.checks());
  } catch (error) {
    if (!isUndecided(error)) throw error;
    const sentence =
      error instanceof DeadlineExceeded ? "takes too long to look at itself" : "does not answer";
    throw failed("host_unavailable", `host ${name} ${sentence}`, { cause: error });
  }
}

const checkAnswer = ({ name, verdict, state, follows, todo }: Check): Properties => [
  ["check", name],
  ["verdict", verdict],
  ["says", state],
  ...(follows === undefined ? [] : [["follows", follows] as const]),
  ...(todo === undefined ? [] : [["mend", todo] as const]),
];
