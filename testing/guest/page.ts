/** What the sample guest shows of itself. */
import { until } from "../until.ts";

/** The page that the sample guest serves at an address, once it does. */
export const guestPage = (address: string) =>
  until(`${address} answers HTTP`, async () => {
    try {
      const response = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(2000) });
      return response.ok ? await response.text() : null;
    } catch {
      return null;
    }
  });
