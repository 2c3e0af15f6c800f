import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../../testing/property.ts";
import { type Done, type DrivesDays, type Facts, type FundsHours, nextStep, type Step } from "./rule.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
const NOW = 1_000 * DAY;

const NOTHING: Done = { warnedHours: null, ended: null, suspended: null };

const facts = (some: Partial<Facts>): Facts => ({
  ...{ now: NOW, status: "active", until: null, isShort: false, isPositive: true, hasDrives: true },
  terms: { graceS: DAY, keepS: 45 * DAY, destroysDrives: true },
  ...{ done: NOTHING, lastWarned: new Map(), drivesWarnings: [], ...some },
});

const suspendedAt = (suspended: number, some: Partial<Facts> = {}): Facts =>
  facts({
    ...{ status: "suspended", isPositive: false, isShort: true, done: { ...NOTHING, ended: 0, suspended } },
    ...some,
  });

const warned = (days: DrivesDays, time: number, delivered: number | null = time) => ({
  ...{ days, until: time + days * DAY, delivered },
});

const CASES: readonly [what: string, facts: Facts, step: Step | null][] = [
  ["nothing follows from funds that do not end", facts({}), null],
  ["nothing follows from funds that last", facts({ until: NOW + 72 * HOUR + 1 }), null],
  ...([72, 24, 1] as const).map((hours): [string, Facts, Step] => [
    `${hours} hours before its funds end an account is warned`,
    facts({ until: NOW + hours * HOUR }),
    { do: "warn of funds", hours, until: NOW + hours * HOUR },
  ]),
  [
    "of several warnings that are due the nearest is given",
    facts({ until: NOW + 100 }),
    { do: "warn of funds", hours: 1, until: NOW + 100 },
  ],
  ["a warning is given once", facts({ until: NOW + 60 * HOUR, done: { ...NOTHING, warnedHours: 72 } }), null],
  [
    "the next one is given in its time",
    facts({ until: NOW + 24 * HOUR, done: { ...NOTHING, warnedHours: 72 } }),
    { do: "warn of funds", hours: 24, until: NOW + 24 * HOUR },
  ],
  [
    "what is used goes up and down: a warning is not taken back for a little",
    facts({ until: NOW + 30 * HOUR, done: { ...NOTHING, warnedHours: 24 } }),
    null,
  ],
  [
    "funds that last twice as long are warned of anew",
    facts({ until: NOW + 49 * HOUR, done: { ...NOTHING, warnedHours: 24 } }),
    { do: "take back", warnedHours: 72 },
  ],
  [
    "the same warning is not given twice within an hour",
    facts({ until: NOW + 24 * HOUR, lastWarned: new Map([[24, NOW - HOUR + 1]]) }),
    null,
  ],
  [
    "an hour later it is",
    facts({ until: NOW + 24 * HOUR, lastWarned: new Map([[24, NOW - HOUR]]) }),
    { do: "warn of funds", hours: 24, until: NOW + 24 * HOUR },
  ],
  [
    "an account whose funds have ended is told when it will be suspended",
    facts({ until: NOW }),
    { do: "warn of funds", hours: 0, until: NOW + DAY },
  ],
  [
    "so is one that is below zero and burns nothing",
    facts({ isShort: true, isPositive: false }),
    { do: "warn of funds", hours: 0, until: NOW + DAY },
  ],
  [
    "nothing more follows within the grace",
    facts({ isShort: true, done: { ...NOTHING, warnedHours: 0, ended: NOW - DAY + 1 } }),
    null,
  ],
  [
    "after the grace it is suspended",
    facts({ isShort: true, done: { ...NOTHING, warnedHours: 0, ended: NOW - DAY } }),
    { do: "suspend" },
  ],
  [
    "one that an operator has suspended is not suspended once more",
    facts({ status: "suspended", isShort: true, done: { ...NOTHING, warnedHours: 0, ended: NOW - DAY } }),
    null,
  ],
  [
    "a credit within the grace lets it begin anew",
    facts({ until: NOW + 20 * HOUR, done: { ...NOTHING, warnedHours: 0, ended: NOW - 5 } }),
    { do: "take back", warnedHours: null },
  ],
  ["a closed account has no funds", facts({ status: "closed", isShort: true }), null],
  [
    "a credit that makes the balance positive ends the suspension",
    suspendedAt(NOW, { isPositive: true }),
    { do: "resume" },
  ],
  [
    "a balance that hours which are not charged yet use up ends none",
    suspendedAt(NOW, { isPositive: true, isShort: false, until: NOW }),
    null,
  ],
  ["one that does not, does not", suspendedAt(NOW, { isShort: false }), null],
  ["nothing follows for an account without drives", suspendedAt(NOW - 90 * DAY, { hasDrives: false }), null],
  ["drives are kept", suspendedAt(NOW - 31 * DAY + 1), null],
  [
    "14 days before they may go the account is warned",
    suspendedAt(NOW - 31 * DAY),
    { do: "warn of drives", days: 14, until: NOW + 14 * DAY },
  ],
  [
    "7 days before",
    suspendedAt(NOW - 38 * DAY, { drivesWarnings: [warned(14, NOW - 7 * DAY)] }),
    { do: "warn of drives", days: 7, until: NOW + 7 * DAY },
  ],
  [
    "1 day before",
    suspendedAt(NOW - 44 * DAY, { drivesWarnings: [warned(14, NOW - 13 * DAY), warned(7, NOW - 6 * DAY)] }),
    { do: "warn of drives", days: 1, until: NOW + DAY },
  ],
  [
    "where nobody was told anything in time, there are seven days still, and two warnings",
    suspendedAt(NOW - 90 * DAY),
    { do: "warn of drives", days: 7, until: NOW + 7 * DAY },
  ],
  [
    "where the last warning is late it is given, and its day with it",
    suspendedAt(NOW - 90 * DAY, { drivesWarnings: [warned(14, NOW - 59 * DAY)] }),
    { do: "warn of drives", days: 1, until: NOW + DAY },
  ],
  [
    "after all that they are destroyed",
    suspendedAt(NOW - 45 * DAY, { drivesWarnings: [warned(14, NOW - 14 * DAY), warned(1, NOW - DAY)] }),
    { do: "destroy drives" },
  ],
  [
    "and not a second sooner",
    suspendedAt(NOW - 45 * DAY + 1, {
      drivesWarnings: [warned(14, NOW - 14 * DAY + 1), warned(1, NOW - DAY + 1)],
    }),
    null,
  ],
  [
    "nor where one warning alone was delivered",
    suspendedAt(NOW - 60 * DAY, {
      drivesWarnings: [
        warned(14, NOW - 29 * DAY),
        warned(7, NOW - 22 * DAY, null),
        warned(1, NOW - 16 * DAY, null),
      ],
    }),
    null,
  ],
  [
    "nor before what was delivered late has had its days",
    suspendedAt(NOW - 60 * DAY, {
      drivesWarnings: [warned(14, NOW - 29 * DAY, NOW - 5), warned(1, NOW - 16 * DAY, NOW - 5)],
    }),
    null,
  ],
  [
    "nor where the operator keeps them",
    suspendedAt(NOW - 60 * DAY, {
      terms: { graceS: DAY, keepS: 45 * DAY, destroysDrives: false },
      drivesWarnings: [warned(14, NOW - 29 * DAY), warned(1, NOW - 16 * DAY)],
    }),
    null,
  ],
];
for (const [what, given, step] of CASES) {
  test(what, () => assert.deepEqual(nextStep(given), step));
}

/** What happens to an account between two looks, and how it stands then. */
const MOMENT = fc.record({
  passes: fc.oneof(
    fc.integer({ min: 1, max: 120 }),
    fc.integer({ min: 1, max: 2 * DAY }),
    fc.integer({ min: 1, max: 60 * DAY }),
  ),
  lasts: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 100 * HOUR })),
  balance: fc.constantFrom(-1, -1, 0, 1),
  delivers: fc.boolean(),
});

type Given = { readonly kind: string; readonly time: number };

/** An account whose steps are carried out as the daemon does it. */
class Account {
  now = NOW;
  done: Done = NOTHING;
  status: Facts["status"] = "active";
  hasDrives = true;
  readonly given: Given[] = [];
  warnings: { days: DrivesDays; until: number; delivered: number | null }[] = [];
  readonly lastWarned = new Map<FundsHours, number>();
  readonly steps: Step[] = [];

  take(step: Step): void {
    this.steps.push(step);
    switch (step.do) {
      case "warn of funds":
        this.given.push({ kind: `funds:${step.hours}`, time: this.now });
        this.lastWarned.set(step.hours, this.now);
        this.done = { ...this.done, warnedHours: step.hours, ended: step.hours === 0 ? this.now : null };
        return;
      case "take back":
        this.done = { ...this.done, warnedHours: step.warnedHours, ended: null };
        return;
      case "suspend":
        this.status = "suspended";
        this.done = { ...this.done, suspended: this.now };
        this.warnings = [];
        return;
      case "resume":
        this.status = "active";
        this.done = NOTHING;
        return;
      case "warn of drives":
        this.warnings.push({ days: step.days, until: step.until, delivered: null });
        return;
      case "destroy drives":
        this.hasDrives = false;
    }
  }
}

test("whatever happens and however long nobody looks, nothing is done without its warnings and their time", () => {
  let [suspensions, destructions] = [0, 0];
  fc.assert(
    fc.property(
      fc.array(MOMENT, { minLength: 5, maxLength: 60 }),
      fc.boolean(),
      (moments, destroysDrives) => {
        const account = new Account();
        const terms = { graceS: DAY, keepS: 45 * DAY, destroysDrives };
        for (const { passes, lasts, balance, delivers } of moments) {
          account.now += passes;
          const before = account.given.length;
          for (let steps = 0; ; steps++) {
            assert.ok(steps < 5, "it comes to rest");
            const { now, done, status, lastWarned, warnings: drivesWarnings, hasDrives } = account;
            const until = lasts === null ? null : now + lasts;
            const step = nextStep({
              ...{ now, done, status, terms, until, lastWarned, drivesWarnings, hasDrives },
              ...{ isShort: balance < 0, isPositive: balance > 0 },
            });
            if (step === null) break;
            if (step.do === "suspend") {
              suspensions++;
              assert.ok(done.ended !== null && now >= done.ended + DAY);
              assert.ok(account.given.some(({ kind, time }) => kind === "funds:0" && time === done.ended));
            }
            if (step.do === "destroy drives") {
              destructions++;
              assert.ok(destroysDrives && done.suspended !== null && now >= done.suspended + 45 * DAY);
              const had = drivesWarnings.filter(
                ({ days, delivered }) => delivered !== null && now - delivered >= days * DAY,
              );
              assert.ok(had.length >= 2);
            }
            account.take(step);
          }
          assert.ok(account.given.length <= before + 2, "one look warns once, or twice where it begins anew");
          if (delivers) for (const warning of account.warnings) warning.delivered ??= account.now;
        }
        for (const [at, { kind, time }] of account.given.entries()) {
          const last = account.given.slice(0, at).findLast((other) => other.kind === kind);
          assert.ok(kind === "funds:0" || last === undefined || time >= last.time + HOUR);
        }
      },
    ),
    bounded(3_000),
  );
  assert.ok(
    suspensions > 100 && destructions > 20,
    `${suspensions} suspensions, ${destructions} destructions`,
  );
});
