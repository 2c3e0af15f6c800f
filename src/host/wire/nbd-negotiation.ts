/**
 * How an NBD client and server come to terms on an export: fixed newstyle negotiation with NBD_OPT_GO alone (NBD
 * doc/proto.md). Block sizes are not asked for, so that the server takes requests of any alignment.
 */

export type Export = {
  readonly sizeBytes: number;
  readonly readOnly: boolean;
  /** What one connection has flushed, all others see (NBD_FLAG_CAN_MULTI_CONN): several may write at once. */
  readonly canMultiConn: boolean;
};

/** The two ends of a negotiation: bytes to come, bytes to send, and its outcome. */
type Negotiation = {
  /** Has `buffer` filled with what the server sends next, then calls `then`. */
  expect(buffer: Buffer, then: () => void): void;
  /** Sends the client's request. */
  send(): void;
  resolve(opened: Export): void;
  reject(error: Error): void;
};

const GREETING = Buffer.from("NBDMAGICIHAVEOPT", "latin1");
const OPTION_REPLY_MAGIC = 0x3e889045565a9n;
const CLIENT_FLAGS = 0b11; // fixed newstyle, no zeroes behind the answer
const OPT_GO = 7;
const REP_ACK = 1;
const REP_INFO = 3;
const REP_ERROR_BIT = 0x8000_0000;
const INFO_EXPORT = 0;
/** The type, the size and the flags. */
const INFO_EXPORT_BYTES = 12;
const FLAG_READ_ONLY = 1 << 1;
const FLAG_CAN_MULTI_CONN = 1 << 8;
/** More than any answer to NBD_OPT_GO takes. */
const MOST_ANSWER_BYTES = 64 * 1024;
/** An export tells its size, and may tell its name, description and block sizes, each once. */
const MOST_ANSWERS = 16;
/** How much an error repeats of the server's words. */
const SAID_CHARACTERS = 300;

/** What the client sends: its flags, and NBD_OPT_GO for the export with no information asked for. */
export function exportRequest(exportName: string): Buffer {
  const name = Buffer.from(exportName);
  const request = Buffer.alloc(4 + 16 + 4 + name.length + 2);
  request.writeUInt32BE(CLIENT_FLAGS, 0);
  request.write("IHAVEOPT", 4, "latin1");
  request.writeUInt32BE(OPT_GO, 12);
  request.writeUInt32BE(4 + name.length + 2, 16);
  request.writeUInt32BE(name.length, 20);
  name.copy(request, 24);
  return request;
}

/** Goes through the negotiation; whatever is expected afterwards belongs to the transmission phase. */
export function negotiate({ expect, send, resolve, reject }: Negotiation): void {
  let opened: Export | null = null;
  let answers = 0;

  const greeting = Buffer.alloc(18);
  expect(greeting, () => {
    if (!greeting.subarray(0, 16).equals(GREETING)) {
      reject(new Error("the NBD server does not greet in newstyle"));
      return;
    }
    send();
    expectAnswer();
  });

  function expectAnswer(): void {
    if (++answers > MOST_ANSWERS) {
      reject(new Error("the NBD server's answers do not end"));
      return;
    }
    const header = Buffer.alloc(20);
    expect(header, () => {
      const length = header.readUInt32BE(16);
      if (header.readBigUInt64BE(0) !== OPTION_REPLY_MAGIC || length > MOST_ANSWER_BYTES) {
        reject(new Error("the NBD server's answer is malformed"));
        return;
      }
      const payload = Buffer.alloc(length);
      const type = header.readUInt32BE(12);
      if (length === 0) onAnswer(type, payload);
      else expect(payload, () => onAnswer(type, payload));
    });
  }

  function onAnswer(type: number, payload: Buffer): void {
    if (type >= REP_ERROR_BIT) {
      const said = payload.toString("utf8").slice(0, SAID_CHARACTERS) || type;
      reject(new Error(`the NBD server refuses the export: ${said}`));
    } else if (type === REP_ACK) {
      if (opened === null) reject(new Error("the NBD server does not tell the size of the export"));
      else resolve(opened);
    } else {
      const info = type === REP_INFO ? exportInfo(payload) : null;
      if (info !== null && !Number.isSafeInteger(info.sizeBytes)) {
        reject(new Error("the NBD server tells a size that no export has"));
        return;
      }
      opened = info ?? opened;
      expectAnswer();
    }
  }
}

/** What NBD_INFO_EXPORT tells; null for any other information. */
function exportInfo(payload: Buffer): Export | null {
  if (payload.length < INFO_EXPORT_BYTES || payload.readUInt16BE(0) !== INFO_EXPORT) return null;
  const flags = payload.readUInt16BE(10);
  return {
    sizeBytes: Number(payload.readBigUInt64BE(2)),
    readOnly: (flags & FLAG_READ_ONLY) !== 0,
    canMultiConn: (flags & FLAG_CAN_MULTI_CONN) !== 0,
  };
}
