/**
 * What test files import in the place of `node:test` while their names are collected: it runs no test, and keeps what
 * each is called. The bodies of suites do run, as they are what names tests.
 */

/** The names of all tests so far. */
export const recorded: string[] = [];

type Body = (() => unknown) | undefined;

/** A name, perhaps options, and a body, as `node:test` takes them. */
type Given = readonly [name: string, ...rest: readonly unknown[]];

export function describe(...[, ...rest]: Given): void {
  const body = rest.find((item) => typeof item === "function") as Body;
  body?.();
}

export function it(...[name]: Given): void {
  recorded.push(name);
}

export { describe as suite, it as test };

/** Nothing is prepared for tests that do not run. */
export function before(): void {}
export { before as after, before as afterEach, before as beforeEach };
