/** Moments as a browser's field has them (HTML, local date and time), and as the API has. */

const MINUTES = "2027-01-01T00:00".length;
const MINUTE_MS = 60_000;

/** @param seconds since the epoch; empty, or no number: none */
export function localOf(seconds: string): string {
  if (!/^\d+$/.test(seconds)) return "";
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, MINUTES);
}

/** Empty where there is none. */
export function secondsOf(local: string): string {
  const ms = Date.parse(local);
  return Number.isNaN(ms) ? "" : String(Math.floor(ms / 1000));
}
