/**
 * What a caller is told of the machine when something within it fails: nothing. Every call of a host and every
 * transaction is made to fail, with errors that bear files and sockets, under every command.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { expandPath, isParameter } from "../../src/api/path.ts";
import { DeadlineExceeded } from "../../src/base/deadline.ts";
import { failed, full } from "../../src/base/errors.ts";
import { CommitUnknown, StoreUnavailable } from "../../src/base/store-errors.ts";
import { COMMANDS, type CommandRow } from "../../src/commands.ts";
import { Unreachable } from "../../src/host/errors.ts";
import type { Host } from "../../src/host/host.ts";
import { NbdError } from "../../src/host/wire/nbd-errors.ts";
import { QmpError } from "../../src/host/wire/qmp.ts";
import { overriding } from "../../testing/overriding.ts";
import { emptyMachine } from "../../testing/simulated/machine.ts";
import { openDaemon } from "../../testing/state-daemon.ts";
import { type StateHttp, serveState } from "../../testing/state-http.ts";
import { makeDrive, makeLasting, makeServer } from "../../testing/state-objects.ts";
import { freshStore } from "../../testing/stores.ts";
import { withTransactions } from "../../testing/transactions.ts";

/** In every inner error, and in no answer. */
const INNER = "INNER";
const PATH = `/run/lodge-${INNER}/qmp.sock`;

const refusedConnection = () =>
  Object.assign(new Error(`connect ECONNREFUSED ${PATH}`), { code: "ECONNREFUSED", address: PATH });

/** What may go wrong below a command. */
const FAULTS: readonly [what: string, make: () => unknown][] = [
  ["a socket that nobody listens on", refusedConnection],
  ["a QEMU that refuses", () => new QmpError("blockdev-add", "GenericError", `Could not open '${PATH}'`)],
  ["a disk that fails", () => new NbdError(`read of ${PATH}`, 5)],
  ["a host that cannot be reached", () => new Unreachable(`${PATH} does not answer`)],
  ["a wait that was too long", () => new DeadlineExceeded(`the end of process 7 (${PATH})`, 1)],
  ["a failure with its cause", () => failed("storage_failed", "it failed", { cause: refusedConnection() })],
  ["a full disk with its cause", () => full("disk_full", "it is full", { cause: refusedConnection() })],
  ["several errors at once", () => new AggregateError([refusedConnection()], PATH)],
  ["what is no error", () => PATH],
];

/** Every method of an object, rejected with what `fault` makes while it makes something. */
function spoilt<T extends object>(object: T, fault: () => unknown): T {
  const methods: Record<string, unknown> = {};
  for (let at: object = object; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const own: unknown = Reflect.get(object, name);
      if (typeof own !== "function" || name === "constructor" || Object.hasOwn(methods, name)) continue;
      methods[name] = (...given: unknown[]) => {
        const error = fault();
        return error === null ? own.apply(object, given) : Promise.reject(error);
      };
    }
  }
  return overriding(object, methods as Partial<T>);
}

type Spoilt = { host: (() => unknown) | null; store: (() => unknown) | null };

/** A cloud over HTTP whose host and whose store fail as long as `spoilt` says so. */
async function openSpoilt(t: Parameters<typeof freshStore>[0], faults: Spoilt) {
  const store = await (await freshStore(t, "sqlite"))();
  const { uuid: user } = await createUser(store, "ann");
  const daemon = await openDaemon({
    store: withTransactions(store, (work) => {
      const error = faults.store?.();
      return error === undefined ? store.transaction(work) : Promise.reject(error);
    }),
    machine: emptyMachine(),
    between: (host: Host) => {
      const fault = () => faults.host?.() ?? null;
      return { ...host, drives: spoilt(host.drives, fault), servers: spoilt(host.servers, fault) };
    },
    alone: true,
    onTrouble: () => {},
  });
  const cloud = { daemon: () => daemon, user };
  // What it flushes as it ends comes before the store is closed.
  const http = await serveState(t, cloud);
  t.after(async () => {
    faults.host = null;
    faults.store = null;
    await daemon.close();
    await store.close();
  });
  return { cloud, http, user };
}

type Opened = Awaited<ReturnType<typeof openSpoilt>>;

/** The words for a path's parameters: objects of their own for each command, so that none waits for another's. */
async function objectsFor({ cloud }: Opened, command: CommandRow): Promise<Record<string, string>> {
  const isOfRun = /SERVER\/(info|set|stop|shutdown|reset|screen)/.test(command.path);
  const named = async (word: string, make: () => Promise<string>) =>
    command.path.split("/").includes(word) ? { [word]: await make() } : {};
  return {
    ...(await named("DRIVE", () => makeDrive(cloud))),
    ...(await named("SOURCE", () => makeDrive(cloud))),
    ...(await named("SERVER", () => (isOfRun ? makeLasting(cloud, {}) : makeServer(cloud, {}, false)))),
    TYPE: "vlan",
    RESOURCE: "00000000-0000-4000-8000-000000000000",
    ...{ OFFSET: "0", SIZE: "1", CONVERSION: "gzip" },
  };
}

async function ask(
  { url, authorizationOf }: StateHttp,
  user: Opened["user"],
  command: CommandRow,
  path: string,
) {
  const { takes, example, effect } = command;
  const body =
    takes === "bytes" ? "x" : takes === "properties" ? JSON.stringify(inputOf(command)) : undefined;
  return fetch(`${url}${path}`, {
    method: effect === "changes" ? "POST" : "GET",
    headers: { authorization: authorizationOf(user), "content-type": "application/json" },
    ...(body === undefined ? {} : { body }),
  });

  function inputOf({ path: of }: CommandRow) {
    if (of.endsWith("set")) return of.startsWith("drives") ? { size: 8192 } : { name: "n", cpu: 600 };
    return of.startsWith("servers") ? { name: "s", cpu: 500, mem: 64 } : (example?.input ?? { name: "n" });
  }
}

/** What is amiss in the cloud is told to its operators, in the words of its log. */
const TELL_ADMINS = ["cloud/status", "cloud/troubles"];

async function assertNothingInner(opened: Opened, spoiling: Spoilt, during: Spoilt): Promise<number> {
  let failures = 0;
  for (const command of COMMANDS) {
    // A stream has no end, and what cannot be read ends none.
    if (command.returns === "events" || TELL_ADMINS.includes(command.path)) continue;
    const form = expandPath(command.path).at(-1) ?? [];
    const words = await objectsFor(opened, command);
    const path = form.map((word) => (isParameter(word) ? words[word] : word)).join("/");
    const from = opened.http.lines.length;
    Object.assign(spoiling, during);
    const answer = await ask(opened.http, opened.user, command, path);
    const text = await answer.text();
    Object.assign(spoiling, { host: null, store: null });
    const headers = JSON.stringify([...answer.headers]);
    assert.doesNotMatch(`${text}${headers}`, /INNER|\/run\/|ECONN|\.sock/, `${path}: ${text}`);
    if (answer.status < 500) continue;
    failures++;
    const logged = opened.http.lines.slice(from).join("");
    assert.match(logged, /INNER/, `${path}: the log does not say why`);
    const id = answer.headers.get("x-request-id") ?? "none";
    if (answer.headers.get("x-lodge-error") === "system") {
      assert.equal(text, `something went wrong in the cloud itself; its log says what, of request ${id}\n`);
    }
    assert.match(logged, new RegExp(`"requestId":"${id}"`));
  }
  return failures;
}

for (const [what, make] of FAULTS) {
  test(`no command tells of the machine: ${what}`, { timeout: 120_000 }, async (t) => {
    const spoiling: Spoilt = { host: null, store: null };
    const opened = await openSpoilt(t, spoiling);
    const failures = await assertNothingInner(opened, spoiling, { host: make, store: null });
    assert.ok(failures >= 8, `only ${failures} commands failed`);
  });
}

const STORE_FAULTS: readonly [what: string, make: () => unknown][] = [
  ["a store that fails", () => new Error(`SQLITE_IOERR: disk I/O error, ${PATH}`)],
  ["a store that is away", () => new StoreUnavailable("lost", `${PATH}: connect ECONNREFUSED`)],
  ["a commit that nobody knows of", () => new CommitUnknown({ cause: refusedConnection() })],
];
for (const [what, make] of STORE_FAULTS) {
  test(`no command tells of the machine: ${what}`, { timeout: 120_000 }, async (t) => {
    const spoiling: Spoilt = { host: null, store: null };
    const opened = await openSpoilt(t, spoiling);
    const failures = await assertNothingInner(opened, spoiling, { host: null, store: make });
    assert.ok(failures >= 10, `only ${failures} commands failed`);
  });
}
