/** What bounds the memory, the time and the number of what callers send and take. */
import { BYTES_IN_FLIGHT, type BytesInFlightLimits } from "./body/bytes-in-flight.ts";
import { PACE, type PaceLimits } from "./body/pace.ts";
import { mostConnections } from "./descriptors.ts";

export type Limits = BytesInFlightLimits &
  PaceLimits & {
    /** How long the headers of a request may take to come. */
    readonly headersMs: number;
    /** How many connections there may be; one address alone may have a half. */
    readonly connections: number;
  };

export const defaultLimits = (): Limits => ({
  ...BYTES_IN_FLIGHT,
  ...PACE,
  headersMs: 10_000,
  connections: mostConnections(),
});
