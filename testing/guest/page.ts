/** What the sample guest shows of itself. */
import type { Cloud } from "../cloud.ts";
import { until } from "../until.ts";
import { withSigns } from "./signs.ts";

/** The page that the sample guest of the cloud serves at an address, once it does. Errors: the deadline, with the guest's signs. */
export const guestPage = (cloud: Cloud, address: string, deadlineMs?: number): Promise<string> =>
  withSigns(cloud, address, () => until(`${address} answers HTTP`, () => pageAt(address), deadlineMs));

async function pageAt(address: string): Promise<string | null> {
  try {
    const response = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(2000) });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}
