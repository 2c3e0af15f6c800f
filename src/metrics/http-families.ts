/** What callers ask, what they are answered, and what they hold. */
import { ERROR_CODES, type ErrorCode } from "../base/error-codes.ts";
import { type Family, histogramSamples, single } from "./family.ts";

/** There from the start, so that the first of them is seen as one more. */
const FROM_THE_START = [500, 503, 507];

export const HTTP_FAMILIES: readonly Family[] = [
  {
    name: "lodge_http_requests_total",
    help: "Requests that are over, by command (a path of the table of commands; none: no command has that path) and status; 499: the caller hung up before the answer.",
    type: "counter",
    labels: ["command", "code"],
    samples: ({ http }) =>
      http.requests.commands.flatMap(({ command, statuses }) => {
        const codes = new Set([...FROM_THE_START, ...statuses.keys()]);
        return [...codes].map((code) => ({
          labels: { command, code: String(code) },
          value: statuses.get(code) ?? 0,
        }));
      }),
  },
  {
    name: "lodge_http_request_duration_seconds",
    help: "How long requests took, by command: until the answer was handed over, or its last piece taken.",
    type: "histogram",
    labels: ["command"],
    samples: ({ http }) =>
      http.requests.commands.flatMap(({ command, durations }) =>
        durations.count === 0 ? [] : histogramSamples(durations, { command }),
      ),
  },
  {
    name: "lodge_http_errors_total",
    help: "Errors that were answered, by the code in X-Lodge-Error.",
    type: "counter",
    labels: ["error"],
    samples: ({ http }) =>
      (Object.keys(ERROR_CODES) as ErrorCode[]).map((error) => ({
        labels: { error },
        value: http.requests.errors.get(error) ?? 0,
      })),
  },
  single(
    {
      name: "lodge_http_received_bytes_total",
      help: "Bytes that came over the API's connections, headers included.",
      type: "counter",
    },
    ({ http }) => http.traffic.receivedBytes,
  ),
  single(
    {
      name: "lodge_http_sent_bytes_total",
      help: "Bytes that went over the API's connections, headers included.",
      type: "counter",
    },
    ({ http }) => http.traffic.sentBytes,
  ),
  single(
    { name: "lodge_http_connections", help: "Connections that are open.", type: "gauge" },
    ({ http }) => http.connections.open,
  ),
  single(
    { name: "lodge_http_connections_limit", help: "Connections that may be open.", type: "gauge" },
    ({ http }) => http.connections.most,
  ),
  single(
    {
      name: "lodge_http_connections_refused_total",
      help: "Connections that were refused since too many were open.",
      type: "counter",
    },
    ({ http }) => http.connections.refused,
  ),
  single(
    {
      name: "lodge_http_in_flight_bytes",
      help: "Memory that requests under way hold for bytes.",
      type: "gauge",
    },
    ({ http }) => http.inFlight.heldBytes,
  ),
  single(
    {
      name: "lodge_http_in_flight_limit_bytes",
      help: "Memory that there is for bytes of requests under way.",
      type: "gauge",
    },
    ({ http }) => http.inFlight.mostBytes,
  ),
  single(
    {
      name: "lodge_http_in_flight_waiting_requests",
      help: "Requests that wait for their share of that memory.",
      type: "gauge",
    },
    ({ http }) => http.inFlight.waitingRequests,
  ),
];
