/** What a host logs for its operator: the lives of servers, and what went wrong where nobody waited for it. */

export type HostEvent = {
  /** `error` is for what somebody has to look into, `warn` for what is tried again. */
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  /** The uuid of the server that it is about. */
  readonly server?: string;
  /** Of the run that it is about. */
  readonly generation?: number;
  readonly err?: unknown;
};

export type HostLog = (event: HostEvent) => void;
