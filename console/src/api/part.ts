/** Parts of the console that come when they are looked at. */
import { read } from "./client.ts";
import { connection } from "./connection.ts";
import { Unreachable } from "./errors.ts";

/**
 * Answers a part: one that is not reached, once it is. Of one that is gone there is a new one, of a newer console, which is loaded
 * then.
 */
export async function part<T>(bring: () => Promise<T>): Promise<T> {
  for (let isAgain = false; ; isAgain = true) {
    try {
      return await bring();
    } catch {
      if (!(await isReached())) await found();
      else if (isAgain) return reloaded();
    }
    bringStyles();
  }
}

async function isReached(): Promise<boolean> {
  try {
    await read("profile/info");
    return true;
  } catch (error) {
    return !(error instanceof Unreachable);
  }
}

const found = () =>
  new Promise<void>((done) => {
    const look = () => {
      if (connection.isLost()) return;
      leave();
      done();
    };
    const leave = connection.subscribe(look);
    look();
  });

/** What a page shows stays until the new one is there. */
function reloaded(): Promise<never> {
  location.reload();
  return new Promise(() => {});
}

const lostStyles = new Set<HTMLLinkElement>();
addEventListener(
  "error",
  ({ target }) => {
    if (target instanceof HTMLLinkElement && target.rel === "stylesheet") lostStyles.add(target);
  },
  { capture: true },
);

/** What brings a part asks for its styles once, however that ends. */
function bringStyles(): void {
  for (const link of lostStyles) link.replaceWith(link.cloneNode());
  lostStyles.clear();
}
