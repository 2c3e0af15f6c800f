/** Cages for tests of what is in them. */
import { randomBytes } from "node:crypto";
import type { Cage } from "../src/host/process/cage.ts";
import { type Bounds, openBounds } from "../src/host/quota/bounds.ts";

/** One that bounds nothing. */
export const cageOf = (uid: number | null): Cage => ({
  uid,
  group: null,
  admit: async () => {},
  clear: async () => {},
});

/** The bounds of a test's own, as far as this user may set any, and how all that is left in them goes. */
export async function testBounds(): Promise<{ readonly bounds: Bounds; close(): Promise<void> }> {
  const bounds = await openBounds(`lodge-test-${randomBytes(4).toString("hex")}`);
  return {
    bounds,
    async close() {
      for (const name of await bounds.servers()) {
        await bounds.kill(name);
        await bounds.remove(name);
      }
      await bounds.close();
    },
  };
}
