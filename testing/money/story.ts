/**
 * Where the story of `docs/billing.md` is lived through: a real daemon whose time the story moves, an operator and a customer
 * who type what is shown, and what comes of it.
 */
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { type Cloud, openCloud } from "../cloud.ts";
import { BIN, type Run, runToEnd } from "../run.ts";
import { until } from "../until.ts";
import { makeUser, type User } from "../user.ts";
import { clockEnv, setClock } from "./moved-clock.ts";

/** 2027-03-01T00:00:00Z */
const DAY_ONE = Date.UTC(2027, 2, 1) / 1000;

/** One that has no name: it is another in each run. */
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

const PRICES = {
  currency: "EUR",
  from: "now",
  cpu: { burst: "0.00001", subscription: "0.0036" },
  mem: { burst: "0.00002", subscription: "0.0072" },
  disk: { burst: "0.0002", subscription: "0.072" },
  ip: { burst: "0.005", subscription: "1.8" },
  xfer: { burst: "0.05", subscription: "0.03" },
};
const DEARER = { ...PRICES, from: "2027-03-01T12:00:00Z", cpu: { burst: "0.00002", subscription: "0.0072" } };

/** What happens in the story, an hour or a step at a time. */
export class Story {
  readonly cloud: Cloud;
  /** What was typed and what came, step by step, as `docs/billing.md` shows it. */
  readonly shown: string[] = [];
  readonly acme: User;
  readonly #clock: string;
  /** What stands for uuids and addresses where they are shown. */
  readonly #names: (readonly [string, string])[] = [];

  private constructor(cloud: Cloud, acme: User, clock: string) {
    this.cloud = cloud;
    this.acme = acme;
    this.#clock = clock;
    this.#names.push([acme.uuid, "ACME"]);
  }

  /** Opens the cloud at nine o'clock of the first day. */
  static async open(): Promise<Story> {
    const dir = await mkdtemp(join(tmpdir(), "lodge-story-"));
    const clock = join(dir, "clock");
    setClock(clock, at("09:00"));
    const cloud = await openCloud(clockEnv(clock));
    const story = new Story(cloud, await makeUser(cloud, "acme"), clock);
    writeFileSync(join(dir, "prices.json"), JSON.stringify(PRICES));
    writeFileSync(join(dir, "dearer.json"), JSON.stringify(DEARER));
    return story;
  }

  async close(): Promise<void> {
    await this.cloud.close();
    await rm(dirname(this.#clock), { recursive: true });
  }

  /** Time goes on to then, and what is due is done. */
  async goTo(seconds: number): Promise<void> {
    setClock(this.#clock, seconds);
    const hour = seconds - 120 - ((seconds - 120) % 3600);
    await until(`all hours before ${new Date(hour * 1000).toISOString()} are charged`, async () => {
      const [charged] = await this.rows<{ until: number }>("select until from charged");
      return charged !== undefined && charged.until >= hour ? true : null;
    });
  }

  /** What stands in the store. */
  async rows<Row>(sql: string, ...values: readonly unknown[]): Promise<readonly Row[]> {
    const database = new Database(join(this.cloud.home, "lodge.db"), { readonly: true });
    try {
      return database.prepare(sql).all(...values) as Row[];
    } finally {
      database.close();
    }
  }

  /** The operator types it, and it is shown with what comes. */
  operator(line: string): Promise<Run> {
    return this.#show(line, this.cloud.auth);
  }

  /** The customer types it. */
  customer(line: string): Promise<Run> {
    return this.#show(line, this.acme.auth);
  }

  /** Has the name stand for it from now on. */
  call(value: string, name: string): void {
    this.#names.push([value, name]);
  }

  async #show(line: string, auth: string): Promise<Run> {
    const meant = this.#names.reduce((text, [value, name]) => text.replaceAll(name, value), line);
    const run = await runToEnd(["sh", "-c", `cd "$FILES"; ${meant}`], "", {
      ...{ PATH: `${BIN}:${process.env.PATH}`, FILES: dirname(this.#clock) },
      ...{ EHURI: this.cloud.url, EHAUTH: auth, LODGE_HOME: this.cloud.home },
    });
    const came = `${run.stdout}${run.stderr}`;
    const named = this.#names
      .reduce((text, [value, name]) => text.replaceAll(value, name), came)
      .replace(UUID, "UUID");
    this.shown.push(`$ ${line}\n${named}`);
    return run;
  }
}

/** A time of the first day, or of a later one, such as `3 10:30`. */
export function at(text: string): number {
  const [, day = "1", hours, minutes] = /^(?:(\d+) )?(\d\d):(\d\d)$/.exec(text) ?? [];
  return DAY_ONE + ((Number(day) - 1) * 24 + Number(hours)) * 3600 + Number(minutes) * 60;
}
