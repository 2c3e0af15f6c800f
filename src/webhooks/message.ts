/** What a hook is sent: one event as JSON, and the signature by which its receiver knows that it is the cloud's. */
import { createHmac } from "node:crypto";
import { z } from "zod";

/** What an event says, by the names of its keys. */
export type Told = Readonly<Record<string, string | number>>;

export type Message = {
  /** A uuid, which is the same however often the event is sent. */
  readonly id: string;
  readonly event: string;
  /** Seconds since the epoch. */
  readonly time: number;
  /** The account that it is about. */
  readonly user: string;
  readonly data: Told;
};

/** What a body has at most. */
export const MOST_BODY_BYTES = 16 * 1024;

/** The message as it is sent. What would make it longer than it may be is left out, and `cut` says so. */
export function bodyOf({ id, event, time, user, data }: Message): string {
  const whole = JSON.stringify({ id, event, time, user, data });
  if (Buffer.byteLength(whole) <= MOST_BODY_BYTES) return whole;
  return JSON.stringify({ id, event, time, user, data: {}, cut: true });
}

const DATA = z.object({ data: z.record(z.string(), z.union([z.string(), z.number()])) });

/** What the event of a body says; nothing where that is damaged. */
export function toldIn(body: string): Told {
  try {
    return DATA.parse(JSON.parse(body)).data;
  } catch {
    return {};
  }
}

/** The header `Lodge-Signature`: HMAC-SHA-256, in hex, over the time, a full stop and the body. */
export function signatureOf(secret: string, timeS: number, body: string): string {
  return `t=${timeS},v1=${createHmac("sha256", secret).update(`${timeS}.${body}`).digest("hex")}`;
}
