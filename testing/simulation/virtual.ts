/**
 * Virtual time and chance for all of this process: whatever asks for the time, waits for it or asks for chance gets the
 * simulation's from then on. The code that is simulated needs to know nothing of it.
 */
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { ownProcess } from "./process.ts";
import type { ScheduledEvent, Scheduler } from "./scheduler.ts";

/** When a simulation begins, milliseconds since the epoch. */
const BEGIN_MS = Date.UTC(2031, 0, 1);

/** Node's, as it was before: settles once all that follows from what has happened has come to where it waits. */
const { setImmediate: realImmediate } = globalThis;
export const everythingWaits = (): Promise<void> => new Promise((resolve) => realImmediate(resolve));

/** What `setTimeout` and its kin answer. */
class Timer {
  event: ScheduledEvent | null = null;

  unref(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  close(): this {
    stop(this);
    return this;
  }

  [Symbol.dispose](): void {
    stop(this);
  }
}

type Work = (...given: unknown[]) => void;

/**
 * Puts the simulation's time and chance in the place of the system's, for as long as this process lives.
 *
 * @param chance from 0 up to 1
 */
export function beginVirtual(scheduler: Scheduler, chance: () => number): void {
  const wallMs = () => Math.floor(BEGIN_MS + scheduler.nowMs + (ownProcess()?.clock.aheadMs ?? 0));
  beginClock(scheduler, wallMs);
  beginTimers(scheduler);
  beginChance(chance);
  syncBuiltinESMExports();
}

function beginClock(scheduler: Scheduler, wallMs: () => number): void {
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given) => Reflect.construct(target, given.length === 0 ? [wallMs()] : given),
    get: (target, name) => (name === "now" ? wallMs : Reflect.get(target, name)),
  });
  performance.now = () => scheduler.nowMs;
}

function beginTimers(scheduler: Scheduler): void {
  const once = (work: Work, ms = 1, ...given: unknown[]) => {
    const timer = new Timer();
    timer.event = scheduler.schedule("a timer", Math.max(1, ms), ownProcess(), () => work(...given));
    return timer;
  };
  const again = (work: Work, ms = 1, ...given: unknown[]) => {
    const timer = new Timer();
    const process = ownProcess();
    const enter = () => {
      timer.event = scheduler.schedule("a timer", Math.max(1, ms), process, () => {
        enter();
        work(...given);
      });
    };
    enter();
    return timer;
  };
  const soon = (work: Work, ...given: unknown[]) => once(work, 0, ...given);
  const virtual = {
    ...{ setTimeout: once, setInterval: again, setImmediate: soon },
    ...{ clearTimeout: stop, clearInterval: stop, clearImmediate: stop },
  };
  Object.assign(globalThis, virtual);
  Object.assign(timers, virtual);
  Object.assign(timersPromises, { setTimeout: delay, setImmediate: (value: unknown) => delay(0, value) });
  Object.assign(AbortSignal, {
    timeout(ms: number) {
      const end = new AbortController();
      once(() => end.abort(new DOMException("The operation timed out.", "TimeoutError")), ms);
      return end.signal;
    },
  });

  function delay(ms = 1, value?: unknown, { signal }: { signal?: AbortSignal } = {}): Promise<unknown> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const abort = () => {
      stop(timer);
      reject(new DOMException("The operation was aborted", { name: "AbortError", cause: signal?.reason }));
    };
    const timer = once(() => {
      signal?.removeEventListener("abort", abort);
      resolve(value);
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
    return promise;
  }
}

function stop(timer: unknown): void {
  if (!(timer instanceof Timer) || timer.event === null) return;
  timer.event.run = null;
  timer.event = null;
}

function beginChance(chance: () => number): void {
  const randomBytes = (size: number) => {
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; at++) bytes[at] = chance() * 256;
    return bytes;
  };
  const randomUUID = () => {
    const bytes = randomBytes(16);
    // Version 4 (RFC 9562).
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };
  const randomInt = (first: number, end: number) => first + Math.floor(chance() * (end - first));
  Math.random = chance;
  Object.assign(crypto, { randomBytes, randomUUID, randomInt });
}
