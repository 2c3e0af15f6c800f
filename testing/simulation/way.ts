/**
 * The way from a daemon to its host, in virtual time: a call takes its time to get there and its answer to come back.
 * Calls and answers are lost, come late, come twice, or once the daemon that sent them has died.
 */
import { DeadlineExceeded } from "../../src/base/deadline.ts";
import { failed, full, LodgeError } from "../../src/base/errors.ts";
import { Outdated, Unreachable } from "../../src/host/errors.ts";
import type { Host } from "../../src/host/host.ts";
import { overriding } from "../overriding.ts";
import type { Before, Effect } from "../simulated/machine.ts";
import type { Agenda } from "./agenda.ts";
import type { Process } from "./process.ts";
import type { Weather } from "./weather.ts";

/** When a daemon waits for an answer no longer. */
const DEADLINE_MS = 30_000;
/** How late a call can be. */
const LATEST_MS = 100_000;

const EFFECTS = {
  servers: ["launch", "apply", "end", "release"],
  drives: ["create", "resize", "destroy", "startCopy", "forgetJob"],
} as const;
const QUESTIONS = {
  servers: ["find", "list", "live", "describe", "powerDown", "reset"],
  drives: ["job", "list", "describe", "space", "read", "write"],
} as const;
/** What bears no generation, and so must not come late: it ends with the daemon that asks for it. */
const BOUND: ReadonlySet<string> = new Set(["powerDown", "reset", "write"]);
/** The effects of these. */
const BOUND_EFFECTS: ReadonlySet<string> = new Set(["power down", "reset"] satisfies Effect[]);
/** How long an effect takes at most, and one that must be over before its daemon waits no longer. */
const LONGEST_MS = 60_000;
const LONGEST_BOUND_MS = 20_000;

export type WayOptions = {
  readonly agenda: Agenda;
  readonly weather: Weather;
  /** The daemon whose way it is. */
  readonly sender: Process;
  /** Kills the daemon. */
  readonly kill: () => void;
  /** Called with what no host could do, such as running a server whose drive another has. */
  readonly onViolation: (error: unknown) => void;
  /** Calls that nobody waits for any more and that are not through yet. */
  readonly late: Set<object>;
};

type Call = (...given: readonly unknown[]) => Promise<unknown>;

/** How a call goes. */
type Course = {
  /** After how long it gets there; null: never. */
  readonly thereMs: number | null;
  /** Whether the answer comes back. */
  readonly isAnswered: boolean;
  /** After how long it gets there once more; null: it does not. */
  readonly againMs: number | null;
  /** After how long the daemon is told that the host cannot be reached; null: at the deadline. */
  readonly toldMs: number | null;
};

export function wayTo(host: Host, options: WayOptions): Host {
  return {
    drives: overriding(host.drives, part(host.drives, "drives", options)),
    servers: overriding(host.servers, part(host.servers, "servers", options)),
    facts: sent("facts", () => host.facts(), options, question),
    changes: async (since, signal) => {
      const changes = await host.changes(since, signal);
      await options.agenda.pass("hears of changes", latencyMs(options.weather), options.sender);
      return changes;
    },
  };
}

function part<Name extends "servers" | "drives">(
  object: Host[Name],
  name: Name,
  options: WayOptions,
): Host[Name] {
  const calls = object as unknown as Readonly<Record<string, Call>>;
  const way = (method: string, course: (weather: Weather) => Course) => {
    const call = calls[method];
    if (call === undefined) throw new Error(`a host has no ${name}.${method}`);
    return [method, sent(method, call.bind(object), options, course)] as const;
  };
  return Object.fromEntries([
    ...EFFECTS[name].map((method) => way(method, effect)),
    ...QUESTIONS[name].map((method) => way(method, question)),
  ]) as unknown as Host[Name];
}

/** A quick one mostly, now and then a slow one. */
function latencyMs(weather: Weather): number {
  return weather.chance() ** 4 * (weather.happens(0.02) ? 5_000 : 40);
}

function effect(weather: Weather): Course {
  const thereMs = latencyMs(weather);
  const course = { thereMs, isAnswered: true, againMs: null, toldMs: null };
  if (weather.isHostAway) return { ...course, thereMs: null, toldMs: soon(weather) };
  if (!weather.happens(weather.hostFaults)) return course;
  const lateMs = weather.chance() * LATEST_MS;
  switch (weather.number(5)) {
    case 0:
      return { ...course, thereMs: null, toldMs: soon(weather) };
    case 1:
      return { ...course, isAnswered: false, toldMs: soon(weather) };
    case 2:
      return { ...course, againMs: weather.happens(0.5) ? lateMs : lateMs / 100 };
    case 3:
      return { ...course, thereMs: lateMs };
    default:
      // It comes there long after the daemon was told that it cannot.
      return { ...course, thereMs: lateMs, isAnswered: false, toldMs: soon(weather) };
  }
}

function question(weather: Weather): Course {
  const isLost = weather.isHostAway || weather.happens(weather.hostFaults / 2);
  const course = { isAnswered: true, againMs: null };
  return isLost
    ? { ...course, thereMs: null, toldMs: soon(weather) }
    : { ...course, thereMs: latencyMs(weather), toldMs: null };
}

const soon = (weather: Weather) => (weather.happens(0.5) ? latencyMs(weather) : null);

/** The call, each time on the course that it is given. */
function sent<Answer>(
  method: string,
  call: (...given: readonly unknown[]) => Promise<Answer>,
  { agenda, weather, sender, onViolation, late }: WayOptions,
  courseOf: (weather: Weather) => Course,
): (...given: readonly unknown[]) => Promise<Answer> {
  return (...given) => {
    const course = courseOf(weather);
    const told = Promise.withResolvers<Answer>();
    const what = [method, ...given.map(shortOf)].join(" ").trimEnd();
    const deliver = (afterMs: number, isAnswered: boolean) => {
      const delivery = {};
      late.add(delivery);
      agenda.enter(`${what} of ${sender.name} gets there`, afterMs, null, () => {
        // What is still within the daemon ends with it.
        if (!sender.isAlive && (BOUND.has(method) || weather.happens(0.5))) {
          late.delete(delivery);
          return;
        }
        const answer = (outcome: string, tell: () => void) => {
          late.delete(delivery);
          if (isAnswered) agenda.enter(`is answered ${what}: ${outcome}`, latencyMs(weather), sender, tell);
        };
        call(...given).then(
          (result) => answer("done", () => told.resolve(result)),
          (error: unknown) => {
            if (!isKnown(error)) onViolation(error);
            answer(String(error), () => told.reject(error));
          },
        );
      });
    };
    if (course.thereMs !== null) deliver(course.thereMs, course.isAnswered);
    if (course.againMs !== null) deliver(course.againMs, false);
    if (course.toldMs !== null) {
      const unreachable = new Unreachable(`${method} was not answered`);
      agenda.enter(`is told that ${what} is lost`, course.toldMs, sender, () => told.reject(unreachable));
    } else {
      const deadline = agenda.enter(`waits for ${what} no longer`, DEADLINE_MS, sender, () =>
        told.reject(new DeadlineExceeded(`the host's answer to ${method}`, DEADLINE_MS)),
      );
      const stop = () => {
        deadline.run = null;
      };
      told.promise.then(stop, stop);
    }
    return told.promise;
  };
}

/** What was given, as short as it can be told: of an object the beginning of its uuid. */
function shortOf(given: unknown): string {
  if (typeof given === "number") return String(given);
  if (typeof given === "string") return given.slice(0, 4);
  const { uuid, id } = (given ?? {}) as { readonly uuid?: string; readonly id?: string };
  return uuid?.slice(0, 4) ?? id?.slice(0, 4) ?? "";
}

const isKnown = (error: unknown) =>
  error instanceof LodgeError || error instanceof Outdated || error instanceof Unreachable;

/** What lies between the beginning of an effect on the host and its end: time, refusals, the death of who asked. */
export function effectsOf({ agenda, weather, sender, kill }: WayOptions): Before {
  return async (effect, uuid) => {
    const short = uuid.slice(0, 4);
    const isBound = BOUND_EFFECTS.has(effect);
    const longestMs = isBound ? LONGEST_BOUND_MS : LONGEST_MS;
    const ms =
      weather.chance() ** 6 *
      (effect === "copy" || weather.happens(weather.hostFaults / 4) ? longestMs : 300);
    await agenda.pass(`${effect} on ${short} for ${sender.name}`, ms, null);
    if (sender.isAlive && weather.happens(weather.deaths)) kill();
    // A host within the daemon ends with it.
    if (!sender.isAlive && (weather.happens(0.5) || isBound))
      throw new Unreachable(`${sender.name} has died`);
    if (!weather.happens(weather.hostFaults / 3)) return;
    throw weather.happens(0.5) ? full(`no room for ${effect}`) : failed(`${effect} failed`);
  };
}
