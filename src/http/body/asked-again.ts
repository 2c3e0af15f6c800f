/**
 * The body of a write, while which it is asked again whether its caller is still let in: it may be hours on its way, and
 * their key may have ended meanwhile.
 */
import type { Bytes, Request } from "../../api/command.ts";

type TakeBody = NonNullable<Request["body"]>;

/** How long what was found holds: as long as credentials are remembered. */
const HOLDS_MS = 5_000;

/** @param ensureStill whose errors are the body's: once it has come as far as its length is known, and then now and then */
export function askedAgain(body: TakeBody, ensureStill: () => Promise<unknown>): TakeBody {
  return async (mostBytes) => {
    const came = await body(mostBytes);
    try {
      await ensureStill();
    } catch (error) {
      await came.release();
      throw error;
    }
    const { lengthBytes, bytes } = came;
    return { lengthBytes, bytes: followed(bytes, ensureStill), release: () => came.release() };
  };
}

async function* followed(bytes: Bytes, ensureStill: () => Promise<unknown>): Bytes {
  let foundMs = performance.now();
  for await (const piece of bytes) {
    const nowMs = performance.now();
    if (nowMs - foundMs >= HOLDS_MS) {
      await ensureStill();
      foundMs = nowMs;
    }
    yield piece;
  }
}
