/**
 * The transport between a daemon and its host, in virtual time: a call takes its time to arrive and its answer to come back.
 * Calls and answers are lost, come late, come twice, or once the daemon that sent them has died.
 */
import { DeadlineExceeded } from "../../src/base/deadline.ts";
import { failed, full, LodgeError } from "../../src/base/errors.ts";
import { Outdated, Unreachable } from "../../src/host/errors.ts";
import type { Host } from "../../src/host/host.ts";
import { overriding } from "../overriding.ts";
import type { Before, Effect } from "../simulated/machine.ts";
import { type Delivery, effectDelivery, latencyMs, questionDelivery } from "./delivery.ts";
import type { Conditions } from "./faults.ts";
import type { Process } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";

/** When a daemon waits for an answer no longer. */
const DEADLINE_MS = 30_000;

const EFFECTS = {
  servers: ["launch", "apply", "end", "release"],
  drives: ["create", "resize", "destroy", "startCopy", "startFetch", "forgetJob"],
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

export type TransportOptions = Conditions & {
  readonly scheduler: Scheduler;
  /** The daemon that sends the calls. */
  readonly sender: Process;
  /** Kills the daemon. */
  readonly kill: () => void;
  /** Called with what no host could do, such as running a server whose drive another has. */
  readonly onViolation: (error: unknown) => void;
  /** Calls that nobody waits for any more and that have not arrived yet. */
  readonly late: Set<object>;
};

type Call = (...given: readonly unknown[]) => Promise<unknown>;

type Delivering = (conditions: Conditions) => Delivery;

/** The host, as a daemon finds it at the other end of the transport. */
export function overTransport(host: Host, options: TransportOptions): Host {
  return {
    drives: overriding(host.drives, part(host.drives, "drives", options)),
    servers: overriding(host.servers, part(host.servers, "servers", options)),
    facts: sent("facts", () => host.facts(), options, questionDelivery),
    checks: () => host.checks(),
    networks: () => host.networks(),
    changes: async (since, signal) => {
      const changes = await host.changes(since, signal);
      await options.scheduler.wait("hears of changes", latencyMs(options.random), options.sender);
      return changes;
    },
  };
}

function part<Name extends "servers" | "drives">(
  object: Host[Name],
  name: Name,
  options: TransportOptions,
): Host[Name] {
  const calls = object as unknown as Readonly<Record<string, Call>>;
  const over = (method: string, delivering: Delivering) => {
    const call = calls[method];
    if (call === undefined) throw new Error(`a host has no ${name}.${method}`);
    return [method, sent(method, call.bind(object), options, delivering)] as const;
  };
  return Object.fromEntries([
    ...EFFECTS[name].map((method) => over(method, effectDelivery)),
    ...QUESTIONS[name].map((method) => over(method, questionDelivery)),
  ]) as unknown as Host[Name];
}

/** The call, delivered each time as `delivering` says. */
function sent<Answer>(
  method: string,
  call: (...given: readonly unknown[]) => Promise<Answer>,
  options: TransportOptions,
  delivering: Delivering,
): (...given: readonly unknown[]) => Promise<Answer> {
  const { scheduler, random, sender, onViolation, late } = options;
  return (...given) => {
    const delivery = delivering(options);
    const answered = Promise.withResolvers<Answer>();
    const what = [method, ...given.map(shortOf)].join(" ").trimEnd();
    const deliver = (afterMs: number, isAnswered: boolean) => {
      const underWay = {};
      late.add(underWay);
      scheduler.schedule(`${what} of ${sender.name} gets there`, afterMs, null, () => {
        // What is still within the daemon ends with it.
        if (!sender.isAlive && (BOUND.has(method) || random.happens(0.5))) {
          late.delete(underWay);
          return;
        }
        const answer = (outcome: string, settle: () => void) => {
          late.delete(underWay);
          if (isAnswered)
            scheduler.schedule(`is answered ${what}: ${outcome}`, latencyMs(random), sender, settle);
        };
        call(...given).then(
          (result) => answer("done", () => answered.resolve(result)),
          (error: unknown) => {
            if (!isKnown(error)) onViolation(error);
            answer(String(error), () => answered.reject(error));
          },
        );
      });
    };
    const { arrivalMs, isAnswered, duplicateMs, unreachableMs } = delivery;
    if (arrivalMs !== null) deliver(arrivalMs, isAnswered);
    if (duplicateMs !== null) deliver(duplicateMs, false);
    if (unreachableMs !== null) {
      const unreachable = new Unreachable(`${method} was not answered`);
      scheduler.schedule(`is told that ${what} is lost`, unreachableMs, sender, () =>
        answered.reject(unreachable),
      );
    } else {
      const deadline = scheduler.schedule(`waits for ${what} no longer`, DEADLINE_MS, sender, () =>
        answered.reject(new DeadlineExceeded(`the host's answer to ${method}`, DEADLINE_MS)),
      );
      const stop = () => {
        deadline.run = null;
      };
      answered.promise.then(stop, stop);
    }
    return answered.promise;
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
export function effectsOf({ scheduler, random, faults, sender, kill }: TransportOptions): Before {
  return async (effect, uuid) => {
    const short = uuid.slice(0, 4);
    const isBound = BOUND_EFFECTS.has(effect);
    const longestMs = isBound ? LONGEST_BOUND_MS : LONGEST_MS;
    const ms =
      random.chance() ** 6 * (effect === "copy" || random.happens(faults.host / 4) ? longestMs : 300);
    await scheduler.wait(`${effect} on ${short} for ${sender.name}`, ms, null);
    if (sender.isAlive && random.happens(faults.deaths)) kill();
    // A host within the daemon ends with it.
    if (!sender.isAlive && (random.happens(0.5) || isBound)) throw new Unreachable(`${sender.name} has died`);
    if (!random.happens(faults.host / 3)) return;
    throw random.happens(0.5) ? full(`no room for ${effect}`) : failed(`${effect} failed`);
  };
}
