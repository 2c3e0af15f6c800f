/** What an NBD server says as it negotiates (NBD doc/proto.md, "Option haggling"). */

const GO = 7;
const REPLY_MAGIC = 0x3e889045565a9n;

/** An answer to the option `GO`, of that type; its length is said as `length`, whatever the payload has. */
export function optionReply(type: number, payload: Uint8Array, length = payload.length): Buffer {
  const header = Buffer.alloc(20);
  header.writeBigUInt64BE(REPLY_MAGIC, 0);
  header.writeUInt32BE(GO, 8);
  header.writeUInt32BE(type, 12);
  header.writeUInt32BE(length, 16);
  return Buffer.concat([header, payload]);
}

/** `NBD_REP_INFO` with `NBD_INFO_EXPORT`: the export's size and its flags. */
export function exportInfo(sizeBytes: bigint, flags: number): Buffer {
  const payload = Buffer.alloc(12);
  payload.writeBigUInt64BE(sizeBytes, 2);
  payload.writeUInt16BE(flags, 10);
  return optionReply(3, payload);
}

/** `NBD_REP_ACK`: it has ended, and requests may come. */
export const ACK = optionReply(1, Buffer.alloc(0));
