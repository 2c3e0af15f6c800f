/** What spans of use must say of the objects in a store, at any moment. */
import assert from "node:assert/strict";
import type { Selectable } from "kysely";
import type { Tables } from "../src/store/tables.ts";

type Rows<Name extends keyof Tables, Column extends keyof Selectable<Tables[Name]>> = readonly Pick<
  Selectable<Tables[Name]>,
  Column
>[];

/** Spans that are open, and what they are of. */
export type CountedRecords = {
  readonly spans: Rows<"spans", "user" | "resource" | "object" | "amount">;
  readonly drives: Rows<"drives", "uuid" | "user" | "phase" | "size_bytes" | "standard">;
  readonly servers: Rows<"servers", "uuid" | "user" | "phase" | "cpu_mhz" | "mem_mib">;
  readonly resources: Rows<"resources", "type" | "resource" | "user">;
  readonly operations: Rows<"operations", "object" | "action">;
};

/** Amounts by resource; null: whatever it is, or nothing. */
type Expected = Readonly<Record<string, number | null>>;

const NOTHING: Expected = {};

/**
 * Every server that runs, every drive that is ready and every resource has one open span of each, and nothing else has.
 *
 * @param running the uuids of servers that run on their machine
 */
export function assertCounted(records: CountedRecords, running: ReadonlySet<string>): void {
  const { spans, drives, servers, resources, operations } = records;
  const expected = new Map<string, { readonly user: string; readonly uses: Expected }>();
  for (const { uuid, user, phase, size_bytes, standard } of drives) {
    const isCounted = phase === "ready" && standard === null;
    expected.set(uuid, { user, uses: isCounted ? { disk: size_bytes, drives: 1 } : NOTHING });
  }
  const underWay = new Set(operations.map(({ object }) => object));
  for (const { uuid, user, phase, cpu_mhz, mem_mib } of servers) {
    // Until a change is applied, or the end of its run is recorded, it counts as what it was before.
    const cpu = underWay.has(uuid) || !running.has(uuid) ? null : cpu_mhz;
    expected.set(uuid, { user, uses: USES[phase](cpu, mem_mib) });
  }
  for (const { type, resource, user } of resources) expected.set(resource, { user, uses: { [type]: 1 } });
  const found = new Set<string>();
  for (const { user, resource, object, amount } of spans) {
    const there = expected.get(object);
    const wanted = there?.uses[resource];
    const what = `${resource} of ${object}`;
    assert.ok(wanted !== undefined, `${what} is counted, and is in use`);
    assert.equal(user, there?.user, `${what} is its owner's`);
    if (wanted !== null) assert.equal(amount, wanted, `${what} is counted as it is`);
    assert.ok(!found.has(what), `${what} is counted once`);
    found.add(what);
  }
  for (const [object, { uses }] of expected) {
    for (const [resource, amount] of Object.entries(uses)) {
      if (amount === null && !MUST.has(servers.find(({ uuid }) => uuid === object)?.phase)) continue;
      assert.ok(found.has(`${resource} of ${object}`), `${resource} of ${object} is counted`);
    }
  }
}

type Phase = Selectable<Tables["servers"]>["phase"];

const STOPPED = () => ({ servers: 1 });

const USES: Readonly<Record<Phase, (cpu: number | null, mem: number) => Expected>> = {
  creating: () => NOTHING,
  stopped: STOPPED,
  starting: STOPPED,
  active: (cpu, mem) => ({ servers: 1, cpu, mem }),
  // It may run still, or never have.
  destroying: () => ({ servers: null, cpu: null, mem: null }),
};

const MUST: ReadonlySet<Phase | undefined> = new Set(["active"]);

/** Spans of one object and resource follow each other: none begins before the one before it has ended. */
export function assertInOrder(spans: Rows<"spans", "resource" | "object" | "begins" | "ends">): void {
  const ends = new Map<string, number>();
  for (const { resource, object, begins, ends: end } of spans) {
    const what = `${resource} of ${object}`;
    assert.ok(begins >= (ends.get(what) ?? 0), `${what} is not counted twice at one time`);
    assert.ok(end === null || end >= begins, `${what} ends after it begins`);
    ends.set(what, end ?? Number.POSITIVE_INFINITY);
  }
}
