/** How a request over NBD fails. */

/** The server refused a request; `code` is NBD's error value. */
export class NbdError extends Error {
  readonly code: number;

  constructor(request: string, code: number) {
    super(`${request} was answered with NBD error ${code}`);
    this.name = "NbdError";
    this.code = code;
  }
}

export const NBD_ENOSPC = 28;

/** The connection ended before its requests were answered: what they were to change may have come about or not. */
export class ConnectionLost extends Error {
  constructor(socketPath: string) {
    super(`the connection to ${socketPath} was lost`);
    this.name = "ConnectionLost";
  }
}
