/** Planted bugs in what is counted of use, from when to when, and by which time. */
import type { Mutant } from "../mutant.ts";

const LEVELS = "src/metering/levels.test.ts";
const SPANS = "src/metering/spans.test.ts";
const ROLL_UP = "src/metering/roll-up.test.ts";
const CLOCK = "src/metering/boot-clock.test.ts";
const PRUNE = "src/metering/prune.test.ts";
const USE = "test/state/use.test.ts";
const USAGE = "src/usage/usage.test.ts";
const UNSEEN = "src/host/qemu/unseen-end.test.ts";
const MIGRATED = "src/store/migrations/forward.test.ts";

export const METERING: readonly Mutant[] = [
  {
    name: "the use of a server goes on after its end",
    file: "src/servers/lifecycle/settle-end.ts",
    find: "  await endRunUse(tx, uuid, at);\n",
    replace: "",
    tests: [USE],
  },
  {
    name: "a server that is gone is counted still",
    file: "src/servers/lifecycle/settle-end.ts",
    find: "  await endUse(tx, server.uuid, at);\n",
    replace: "",
    tests: [USE],
  },
  {
    name: "the use of a server begins with what asks for its start",
    file: "src/servers/lifecycle/create.ts",
    find: "    if (!start) {\n      await beginServerUse",
    replace: "    {\n      await beginServerUse",
    tests: [USE],
  },
  {
    name: "a server that is created and started is counted as running alone",
    file: "src/servers/use.ts",
    find: '  if (phase === "creating") await beginServerUse(tx, uuid, at);\n',
    replace: "",
    tests: [USE],
  },
  {
    name: "a change of speed does not count",
    file: "src/servers/lifecycle/apply.ts",
    find: "      await changeRunUse(tx, uuid, clock.now());\n",
    replace: "",
    tests: [USE],
  },
  {
    name: "a change of speed counts although the run ended before it",
    file: "src/servers/lifecycle/apply.ts",
    find: "    await store.transaction((tx) => settleOperation(tx, operation));\n    await settleEnded",
    replace: `    await store.transaction(async (tx) => {
      await settleOperation(tx, operation);
      await changeRunUse(tx, uuid, clock.now());
    });
    await settleEnded`,
    tests: [USE],
  },
  {
    name: "a server that ended unseen counts until that is seen",
    file: "src/servers/use.ts",
    find: "    return now - (instance.endedAgoS ?? 0);",
    replace: "    return now - 0 * (instance.endedAgoS ?? 0);",
    tests: [USE],
  },
  {
    name: "a server that was lost with the machine's power counts while that was off",
    file: "src/servers/use.ts",
    find: "  return begins !== null && begins <= offSince ? offSince : now;",
    replace: "  return begins !== null && begins <= offSince ? now : now;",
    tests: [USE],
  },
  {
    name: "a server of after the machine's boot counts until that alone",
    file: "src/servers/use.ts",
    find: "begins !== null && begins <= offSince ? offSince : now",
    replace: "begins !== null ? offSince : now",
    tests: [USE],
  },
  {
    name: "a resize counts from when it is asked for",
    file: "src/drives/lifecycle/set.ts",
    find: "  const params = { sizeBytes, allocatedBytes, before } satisfies Resize;\n",
    replace: `  const params = { sizeBytes, allocatedBytes, before } satisfies Resize;
  await changeUse(tx, { object: uuid, resource: "disk", amount: sizeBytes }, dependencies.clock.now());\n`,
    tests: [USE],
  },
  {
    name: "a drive counts from when it is asked for",
    file: "src/drives/lifecycle/create.ts",
    find: "  await allocate(tx, host, { diskBytes: sizeBytes });\n",
    replace:
      "  await allocate(tx, host, { diskBytes: sizeBytes });\n  await beginDriveUse(tx, uuid, Math.floor(Date.now() / 1000));\n",
    tests: [USE],
  },
  {
    name: "a drive counts until its file is gone",
    file: "src/drives/lifecycle/destroy.ts",
    find: "  await endUse(tx, uuid, clock.now());\n",
    replace: "",
    tests: [USE],
  },
  {
    name: "a resource that is given back is counted still",
    file: "src/resources/lifecycle.ts",
    find: "    await endUse(tx, id.resource, clock.now());\n",
    replace: "",
    tests: [USE],
  },
  {
    name: "what an account held is counted after its end",
    file: "src/accounts/lifecycle/close.ts",
    find: "      await endUse(tx, resource, clock.now());\n",
    replace: "",
    tests: [USE],
  },
  {
    name: "what an operator takes in is not counted",
    file: "src/servers/unknown.ts",
    find: "      await renewRunUse(tx, uuid, clock.now());\n",
    replace: "",
    tests: [USE],
  },
  {
    name: "a change of use begins a second after the use before it ended",
    file: "src/metering/spans.ts",
    find: "  const begins = Math.max(at, before.begins);",
    replace: "  const begins = Math.max(at, before.begins) + 1;",
    tests: [SPANS],
  },
  {
    name: "a use that is changed is counted beside the one before it",
    file: "src/metering/spans.ts",
    find: "  await endUse(tx, object, at, [resource]);\n",
    replace: "",
    tests: [SPANS],
  },
  {
    name: "a use ends before it began",
    file: "src/metering/spans.ts",
    find: `case when begins > \${end} then begins`,
    replace: `case when begins > \${end} then \${end}`,
    tests: [SPANS],
  },
  {
    name: "a use ends in an hour that is rolled up",
    file: "src/metering/spans.ts",
    find: `case when until > \${at} then until`,
    replace: `case when until > \${at} then \${at}`,
    tests: [SPANS],
  },
  {
    name: "a use that ended as an hour began is of that hour",
    file: "src/metering/spans.ts",
    find: '.where("ends", ">", param("endsAfter"))',
    replace: '.where("ends", ">=", param("endsAfter"))',
    tests: [SPANS],
  },
  {
    name: "the second at an hour's edge counts in both hours",
    file: "src/metering/levels.ts",
    find: "Math.min(ends ?? this.#to, this.#to)];",
    replace: "Math.min(ends ?? this.#to, this.#to + 1)];",
    tests: [LEVELS],
  },
  {
    name: "what is covered of one moment covers another",
    file: "src/metering/levels.ts",
    find: "      if (cover.to > step.to) break;\n",
    replace: "",
    tests: [LEVELS],
  },
  {
    name: "what is transferred twice in a second counts once",
    file: "src/metering/transfers.ts",
    find: 'bytes: row("transfers.bytes", "+", row.ref("excluded.bytes"))',
    replace: 'bytes: row.ref("excluded.bytes")',
    tests: [SPANS],
  },
  {
    name: "a transfer stays when its hour is rolled up",
    file: "src/metering/roll-up.ts",
    find: "  await forgetTransfers(tx, users, { until });\n",
    replace: "",
    tests: [SPANS],
  },
  {
    name: "a day is its last hour",
    file: "src/metering/roll-up.ts",
    find: "row === undefined ? usage : sumOf(usage, readUsage(row))",
    replace: "row === undefined ? usage : usage",
    tests: [ROLL_UP],
  },
  {
    name: "accounts that only transferred something are left out",
    file: "src/metering/roll-up.ts",
    find: "      return or([exists(open), exists(ended), exists(transfers)]);",
    replace: "      return or([exists(open), exists(ended), exists(transfers.limit(0))]);",
    tests: [ROLL_UP],
  },
  {
    name: "accounting time is the wall clock at each start",
    file: "src/metering/boot-clock.ts",
    find: "  const offset_ms = isSameBoot ? kept.offset_ms : sinceEpochMs - now;",
    replace: "  const offset_ms = isSameBoot ? wallMs() - now : sinceEpochMs - now;",
    tests: [CLOCK],
  },
  {
    name: "accounting time is the wall clock",
    file: "src/metering/boot-clock.ts",
    find: "    const now = Math.floor((this.#offsetMs + this.#options.readings.bootMs()) / 1000);",
    replace: "    const now = Math.floor(this.#options.readings.wallMs() / 1000);",
    tests: [CLOCK],
  },
  {
    name: "accounting time goes back at a boot with the wall clock behind",
    file: "src/metering/boot-clock.ts",
    find: "Math.max(wallMs(), (kept?.time ?? 0) * 1000)",
    replace: "Math.max(wallMs(), 0 * (kept?.time ?? 0))",
    tests: [CLOCK],
  },
  {
    name: "accounting time goes back",
    file: "src/metering/boot-clock.ts",
    find: "    this.#last = Math.max(this.#last, now);",
    replace: "    this.#last = now;",
    tests: [CLOCK],
  },
  {
    name: "a boot that has the id of the one before goes on with its time",
    file: "src/metering/boot-clock.ts",
    find: " && kept.boot_ms <= now;",
    replace: ";",
    tests: [CLOCK],
  },
  {
    name: "how far accounting time is from the wall clock is said each minute",
    file: "src/metering/boot-clock.ts",
    find: "    if (apart !== 0 && !this.#isApart)",
    replace: "    if (apart !== 0)",
    tests: [CLOCK],
  },
  {
    name: "spans go before their hours are rolled up",
    file: "src/metering/prune.ts",
    find: "Math.min(now - SPANS_KEPT_S, until)",
    replace: "Math.max(now - SPANS_KEPT_S, until)",
    tests: [PRUNE],
  },
  {
    name: "of many old spans a batch alone goes",
    file: "src/store/in-steps.ts",
    find: "  while ((await store.snapshot(find))",
    replace: "  if ((await store.snapshot(find))",
    tests: [PRUNE],
  },
  {
    name: "what is in no hour yet is not told",
    file: "src/usage/usage.ts",
    find: "const rest = spans === null ? [] : await notRolledUp(tx, user, hours, spans);",
    replace: "const rest: readonly Usage[] = [];",
    tests: [USAGE],
  },
  {
    name: "the hours of a whole day are told beside the day",
    file: "src/usage/usage.ts",
    find: "    await hoursOf(tx, { user, from: lastDay, to }),\n",
    replace: "    await hoursOf(tx, { user, from: firstDay, to }),\n",
    tests: [USAGE],
  },
  {
    name: "what is in no hour yet costs what it would now",
    file: "src/usage/usage.ts",
    find: "lists.findLast((each) => each.from <= hour)",
    replace: "lists.findLast((each) => each.from <= to)",
    tests: [USAGE],
  },
  {
    name: "bytes that are in no hour yet are taken out of stores anew each hour",
    file: "src/usage/usage.ts",
    find: "  used: taken.get(subscription.uuid) ?? subscription.used,",
    replace: "  used: taken.has(subscription.uuid) ? subscription.used : subscription.used,",
    tests: [USAGE],
  },
  {
    name: "traces of before a QEMU was seen last are believed",
    file: "src/host/qemu/unseen-end.ts",
    find: "Math.max(seenBootS ?? 0, uptime() - agoS)",
    replace: "Math.max(0 * (seenBootS ?? 0), uptime() - agoS)",
    tests: [UNSEEN],
  },
  {
    name: "a QEMU whose socket is there is said to have ended",
    file: "src/host/qemu/unseen-end.ts",
    find: "  if (existsSync(sockets.qmp)) return null;\n",
    replace: "",
    tests: [UNSEEN],
  },
  {
    name: "the cloud's own drives are counted",
    file: "src/store/migrations/0008-metering.ts",
    find: `where "user" <> \${CLOUD} and`,
    replace: `where "user" <> 'nobody' and`,
    tests: [MIGRATED],
  },
  {
    name: "what is counted and is not there is not told",
    file: "src/operator/miscounted.ts",
    find: "where objects.object is null",
    replace: "where objects.object is null and 1 = 0",
    tests: [USE],
  },
];
