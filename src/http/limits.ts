/** What bounds the memory, the time and the number of what callers send and take. */
import { BYTES_IN_FLIGHT, type BytesInFlightLimits } from "./body/bytes-in-flight.ts";
import { PACE, type PaceLimits } from "./body/pace.ts";
import { mostConnections } from "./descriptors.ts";
import type { HandshakeLimits } from "./handshakes.ts";

export type Limits = BytesInFlightLimits &
  PaceLimits &
  HandshakeLimits & {
    /** How long the headers of a request may take to come, and a TLS handshake. */
    readonly headersMs: number;
    /** How many connections there may be; one address alone may have a half. */
    readonly connections: number;
  };

export const defaultLimits = (): Limits => ({
  ...BYTES_IN_FLIGHT,
  ...PACE,
  headersMs: 10_000,
  // Those that come together take the time of one turn of the event loop: some 50 ms where the key is of RSA.
  handshakes: 128,
  // More than a tool does that dials for each request; they take a twentieth of a core.
  handshakesPerMinute: 3_000,
  connections: mostConnections(),
});
