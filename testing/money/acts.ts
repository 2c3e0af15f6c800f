/** Histories: what happens to a cloud in a year or more, from a seed. Each act can be left out and the rest still happens. */
import { seeded } from "../seeded.ts";
import { Random } from "../simulation/random.ts";
import { HOUR, type Period, PRICED, type Price, type Priced, type PriceList } from "./model.ts";

export const ACCOUNTS = 2;
const DAY = 24 * HOUR;
/** What a month's subscription lasts. */
const MONTH = 30 * DAY;
const YEAR = 365 * DAY;
/** Sizes of drives are multiples of it. */
const BLOCK = 4096;

/** The daemon is killed as it begins its effect or commit of that number, or once that was done, and is away for a while. */
export type Crash = { readonly at: number; readonly isDone: boolean; readonly awaySeconds: number };

/** `which` is the place of an object among those that there are, counted around. */
type Which = { readonly which: number };
export type Deed =
  | { readonly do: "launch"; readonly cpu: number; readonly mem: number; readonly isDeaf: boolean }
  | ({ readonly do: "start" | "stop" | "destroy server" | "switch off" | "destroy drive" } & Which)
  | ({ readonly do: "set cpu"; readonly cpu: number } & Which)
  | { readonly do: "create drive"; readonly bytes: number }
  | ({ readonly do: "resize drive"; readonly bytes: number } & Which)
  | { readonly do: "hold"; readonly type: "ip" | "vlan" }
  | ({ readonly do: "let go" } & Which)
  | { readonly do: "transfer"; readonly bytes: number }
  | {
      readonly do: "price";
      readonly prices: PriceList["prices"];
      /** How many whole hours after the beginning of this one; null: now, as only the first list may say. */
      readonly inHours: number | null;
    }
  | {
      readonly do: "subscribe";
      readonly resource: Priced;
      readonly amount: number;
      readonly period: Period;
      readonly renew: boolean;
    }
  | ({ readonly do: "renew"; readonly renew: boolean } & Which)
  | { readonly do: "pay"; readonly amount: string; readonly reference: number }
  | { readonly do: "allow"; readonly credit: string }
  /** Time passes until soon before a subscription ends, where there is one; else as long as it says. */
  | { readonly do: "go to the next end" }
  | { readonly do: "suspend" | "resume" | "clear" | "nothing" }
  | { readonly do: "jump"; readonly wallSeconds: number }
  /** What becomes of drives that nobody pays for: the daemon is begun anew with that. */
  | { readonly do: "decide"; readonly keepDays: number; readonly destroys: boolean }
  /** A hook is made, where there is none. */
  | { readonly do: "hook" }
  | {
      readonly do: "be away";
      readonly seconds: number;
      /** Which server ends meanwhile; null: none. */
      readonly off: number | null;
    };

export type Act = Deed & {
  /** Which account it is about. */
  readonly who: number;
  /** How much time passes before it, in seconds, and how often the daemon looks meanwhile. */
  readonly after: number;
  readonly every: number;
  readonly crash: Crash | null;
};

/**
 * A history of a year, or longer: of busy days with quiet weeks between, in which little is charged. What is subscribed to in
 * some busy days ends in others.
 */
export function history(seed: number): readonly Act[] {
  const random = new Random(seeded(seed));
  const acts: Act[] = [
    sure(act(random, { do: "price", prices: prices(random), inHours: null }, random.integer(HOUR))),
  ];
  for (let who = 0; who < ACCOUNTS; who++)
    acts.push({ ...sure(act(random, { do: "pay", amount: payment(random), reference: who }, 5)), who });
  acts.push(sure(act(random, decision(random), 5)));
  if (random.happens(0.7)) acts.push(sure(act(random, { do: "hook" }, random.pick([0, MONTH]))));
  for (let begun = 0; begun < YEAR; ) {
    const busy = 2 + random.integer(10);
    for (let deed = 0; deed < busy; deed++) acts.push(act(random, deedOf(random), shortly(random)));
    if (random.happens(0.9)) {
      for (let who = 0; who < ACCOUNTS; who++)
        acts.push({ ...act(random, { do: "clear" }, random.integer(60)), who });
    }
    const quiet = random.pick([0, 20 * DAY, 45 * DAY, 90 * DAY]) + random.integer(DAY);
    const deed: Deed = { do: random.happens(0.6) ? "go to the next end" : "nothing" };
    acts.push({ ...act(random, deed, deed.do === "nothing" ? quiet : MONTH), every: MONTH * 12 });
    if (deed.do !== "nothing") acts.push(...uses(random));
    if (random.happens(0.1)) acts.push(...unpaid(random));
    begun = timeOf(acts);
  }
  return acts;
}

/** Some of everything, used while a subscription to it ends. */
function uses(random: Random): readonly Act[] {
  const who = random.integer(ACCOUNTS);
  const deeds: readonly Deed[] = [
    { do: "pay", amount: "100", reference: 100 + random.integer(900) },
    { do: "launch", cpu: cpu(random), mem: 64 + random.integer(900), isDeaf: false },
    { do: "create drive", bytes: bytes(random) },
    { do: "hold", type: "ip" },
    { do: "hold", type: "vlan" },
  ];
  const used = deeds.map((deed) => ({ ...sure(act(random, deed, random.integer(30))), who }));
  return [...used, { ...act(random, { do: "nothing" }, 900), who }];
}

/** An account that has a drive, and nothing to pay it with, is suspended; sometimes it pays at last. */
function unpaid(random: Random): readonly Act[] {
  const who = random.integer(ACCOUNTS);
  const [owed, reference] = [5_000, 1_000 + random.integer(1_000_000)];
  const deeds: readonly Deed[] = [
    { do: "create drive", bytes: bytes(random) },
    { do: "pay", amount: `-${owed}`, reference },
    { do: "nothing" },
  ];
  const acts = deeds.map((deed, index) => ({ ...act(random, deed, index * DAY), who }));
  for (let days = 0; days < 30; ) {
    const passed = random.pick([1, 1, 6, 7, 10]);
    days += passed;
    const deed = random.happens(0.1) ? decision(random) : ({ do: "nothing" } as const);
    acts.push({ ...act(random, deed, passed * DAY), who, every: random.pick([3, 100]) * DAY });
  }
  const paid = random.happens(0.6)
    ? ({ do: "pay", amount: `${2 * owed}`, reference: reference + 1 } as const)
    : ({ do: "clear" } as const);
  return [...acts, { ...act(random, paid, random.integer(DAY)), who }];
}

const decision = (random: Random): Deed => ({
  do: "decide",
  keepDays: random.pick([1, 10, 16, 45]),
  destroys: random.happens(0.7),
});

const timeOf = (acts: readonly Act[]) => acts.reduce((sum, { after }) => sum + after, 0);

/** Without a crash. */
const sure = (act: Act): Act => ({ ...act, crash: null });

function act(random: Random, deed: Deed, after: number): Act {
  const crash = random.happens(0.15)
    ? {
        at: 1 + random.integer(random.pick([6, 30, 150])),
        isDone: random.happens(0.5),
        awaySeconds: random.pick([0, 5, 200, 4_000, 3 * DAY]),
      }
    : null;
  const who = random.happens(0.8) ? 0 : 1;
  return { ...deed, who, after, every: random.pick([HOUR, HOUR, 1_800, DAY]), crash };
}

/** How long it takes to the next act of busy days. */
function shortly(random: Random): number {
  return random.pick([
    0,
    1 + random.integer(119),
    random.integer(HOUR),
    random.integer(HOUR),
    HOUR,
    random.integer(8 * HOUR),
  ]);
}

const WEIGHTS: readonly (readonly [number, (random: Random) => Deed])[] = [
  [5, (random) => ({ do: "launch", cpu: cpu(random), mem: 64 + random.integer(900), isDeaf: deaf(random) })],
  [2, (random) => ({ do: "start", which: random.integer(9) })],
  [2, (random) => ({ do: "stop", which: random.integer(9) })],
  [1, (random) => ({ do: "destroy server", which: random.integer(9) })],
  [1, (random) => ({ do: "switch off", which: random.integer(9) })],
  [2, (random) => ({ do: "set cpu", which: random.integer(9), cpu: cpu(random) })],
  [3, (random) => ({ do: "create drive", bytes: bytes(random) })],
  [2, (random) => ({ do: "resize drive", which: random.integer(9), bytes: bytes(random) })],
  [1, (random) => ({ do: "destroy drive", which: random.integer(9) })],
  [2, (random) => ({ do: "hold", type: random.pick(["ip", "vlan"]) })],
  [1, (random) => ({ do: "let go", which: random.integer(9) })],
  [3, (random) => ({ do: "transfer", bytes: random.integer(2 ** 32) })],
  [1, (random) => ({ do: "price", prices: prices(random), inHours: random.pick([1, 2, 50]) })],
  [3, subscription],
  [1, (random) => ({ do: "renew", which: random.integer(9), renew: random.happens(0.7) })],
  [2, (random) => ({ do: "pay", amount: payment(random), reference: random.integer(15) })],
  [2, (random) => ({ do: "allow", credit: random.pick(["0", "0.00000001", decimal(random, 50)]) })],
  [0.3, () => ({ do: "suspend" })],
  [0.5, () => ({ do: "resume" })],
  [1, (random) => ({ do: "jump", wallSeconds: random.pick([-1, 1]) * random.integer(2 * DAY) })],
  [2, absence],
  [0.3, decision],
  [1, () => ({ do: "nothing" })],
];
const ALL_WEIGHTS = WEIGHTS.reduce((sum, [weight]) => sum + weight, 0);

function deedOf(random: Random): Deed {
  let left = random.chance() * ALL_WEIGHTS;
  for (const [weight, make] of WEIGHTS) {
    left -= weight;
    if (left < 0) return make(random);
  }
  return { do: "nothing" };
}

const cpu = (random: Random) => 100 + random.integer(2_400);
const deaf = (random: Random) => random.happens(0.2);
const bytes = (random: Random) => BLOCK * (1 + random.integer(32));

function absence(random: Random): Deed {
  const seconds = random.pick([60, HOUR, 5 * HOUR, 3 * DAY]);
  return { do: "be away", seconds, off: random.happens(0.5) ? random.integer(9) : null };
}

function subscription(random: Random): Deed {
  const resource = random.pick([...PRICED, "xfer", "xfer", "xfer"] as const);
  const amounts: Record<Priced, () => number> = {
    cpu: () => cpu(random),
    mem: () => 64 + random.integer(900),
    disk: () => bytes(random),
    ip: () => 1 + random.integer(3),
    vlan: () => 1 + random.integer(3),
    xfer: () => random.integer(2 ** 33),
  };
  const period = random.happens(0.85) ? "month" : "year";
  return { do: "subscribe", resource, amount: amounts[resource](), period, renew: random.happens(0.5) };
}

/** Money to pay, sometimes less than nothing. */
const payment = (random: Random) =>
  `${random.happens(0.1) ? "-" : ""}${decimal(random, random.pick([1, 5, 500]))}`;

/** What keeps an account of one or two servers for days or for months. */
const PRICES: Record<Priced, number> = {
  ...{ cpu: 0.0005, mem: 0.0003, disk: 3_000, ip: 0.1, vlan: 0.1, xfer: 2 },
};

function prices(random: Random): PriceList["prices"] {
  const named = PRICED.filter(() => random.happens(0.85));
  const price = (resource: Priced): Price => {
    const burst = decimal(random, PRICES[resource], 12);
    if (random.happens(0.15)) return { burst };
    const subscription = decimal(random, PRICES[resource] * (resource === "xfer" ? 1 : 100), 12);
    return { burst, subscription, ...(random.happens(0.3) ? { year: random.pick(["9.5", "12", "1"]) } : {}) };
  };
  return Object.fromEntries(named.map((resource) => [resource, price(resource)]));
}

/** A decimal above zero up to about `most`, of so many places at most, without needless zeroes. */
function decimal(random: Random, most: number, places = 8): string {
  const fixed = (random.chance() * most).toFixed(random.integer(places + 1));
  const shown = fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
  return shown === "0" ? "1" : shown;
}
