/** How a command of QMP fails. */

/** How much an error repeats of the words of whoever was spoken to. */
const SAID_CHARACTERS = 300;

/** QEMU refused a command; `errorClass` is QMP's (`GenericError`, `DeviceNotFound`, …). */
export class QmpError extends Error {
  readonly errorClass: string;

  constructor(command: string, errorClass: string, description: string) {
    super(`${command}: ${description.slice(0, SAID_CHARACTERS)}`);
    this.name = "QmpError";
    this.errorClass = errorClass.slice(0, SAID_CHARACTERS);
  }
}

/** The connection ended before the command was answered. */
export class ConnectionLost extends Error {
  constructor(command: string, cause: Error | null = null) {
    const why = cause === null ? "" : `, since ${cause.message}`;
    super(`${command}: the connection was lost${why}`, { cause });
    this.name = "ConnectionLost";
  }
}

/** The peer says what no QEMU says; `what` is the first that was wrong. Its connection is over. */
export class Nonsense extends Error {
  constructor(peer: string, what: string, options?: ErrorOptions) {
    super(`${peer} talks nonsense: ${what.slice(0, SAID_CHARACTERS)}`, options);
    this.name = "Nonsense";
  }
}
