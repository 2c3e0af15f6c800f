/** What the HTTP server has done since it was opened, and holds now, in figures. */
import type { InFlightFigures } from "./body/bytes-in-flight.ts";
import type { ConnectionFigures } from "./connections.ts";
import type { RequestFigures } from "./request-counts.ts";
import type { TrafficFigures } from "./traffic.ts";

export type HttpFigures = {
  readonly requests: RequestFigures;
  readonly traffic: TrafficFigures;
  readonly inFlight: InFlightFigures;
  readonly connections: ConnectionFigures;
};
