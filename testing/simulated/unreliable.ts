/**
 * A transport to a host that loses calls and answers, doubles calls and brings them late, for tests of what must hold all
 * the same.
 */
import { LodgeError } from "../../src/base/errors.ts";
import { Outdated, Unreachable } from "../../src/host/errors.ts";
import type { Host } from "../../src/host/host.ts";
import { overriding } from "../overriding.ts";

export type UnreliableOptions = {
  /** From 0 up to 1. */
  readonly chance: () => number;
  /** How often, from 0 to 1, something goes wrong with a call. */
  readonly faults: () => number;
  /** Called with what no host could do, such as running a server whose drive another has. */
  readonly onViolation: (error: unknown) => void;
  /** Calls that came twice and are not through yet. */
  readonly late: Set<Promise<unknown>>;
};

const EFFECTS = {
  servers: ["launch", "apply", "end", "release"],
  drives: ["create", "resize", "destroy", "startCopy", "startFetch", "forgetJob"],
} as const;
const QUESTIONS = { servers: ["find", "list"], drives: ["job"] } as const;

type Call = (...given: readonly unknown[]) => Promise<unknown>;

/** The longest that a doubled call is late. */
export const LATEST_MS = 120;

export function unreliable(host: Host, options: UnreliableOptions): Host {
  return {
    drives: overriding(host.drives, part(host.drives, "drives", options)),
    servers: overriding(host.servers, part(host.servers, "servers", options)),
    facts: () => host.facts(),
    checks: () => host.checks(),
    networks: () => host.networks(),
    changes: (since, signal) => host.changes(since, signal),
  };
}

function part(object: object, name: "servers" | "drives", options: UnreliableOptions): object {
  const calls = object as Record<string, Call>;
  const watched = (method: string): Call => {
    const call = calls[method]?.bind(object);
    if (call === undefined) throw new Error(`a host has no ${name}.${method}`);
    return (...given) => call(...given).catch((error: unknown) => tell(options, error));
  };
  return Object.fromEntries([
    ...EFFECTS[name].map((method) => [method, effect(method, watched(method), options)]),
    ...QUESTIONS[name].map((method) => [method, question(method, watched(method), options)]),
  ]);
}

function tell({ onViolation }: UnreliableOptions, error: unknown): never {
  const isKnown = error instanceof LodgeError || error instanceof Outdated || error instanceof Unreachable;
  if (!isKnown) onViolation(error);
  throw error;
}

function effect(method: string, call: Call, { chance, faults, late }: UnreliableOptions): Call {
  return async (...given) => {
    const kind = chance() < faults() ? Math.floor(chance() * 3) : null;
    if (kind === 0) throw new Unreachable(`${method} was lost`);
    if (kind === 1) {
      // Its outcome is lost, whatever it is.
      await call(...given).catch(() => {});
      throw new Unreachable(`the answer to ${method} was lost`);
    }
    if (kind === 2) {
      const again = new Promise((resolve) => setTimeout(resolve, chance() * LATEST_MS))
        .then(() => call(...given))
        // Nobody waits for the second of two calls.
        .catch(() => {})
        .finally(() => late.delete(again));
      late.add(again);
    }
    return call(...given);
  };
}

function question(method: string, call: Call, { chance, faults }: UnreliableOptions): Call {
  return async (...given) => {
    if (chance() < faults() / 2) throw new Unreachable(`the answer to ${method} was lost`);
    return call(...given);
  };
}
