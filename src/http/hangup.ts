/**
 * A caller who hangs up before he is answered, as a signal that commands can listen to.
 */
import type { ServerResponse } from "node:http";
import { usage } from "../base/errors.ts";

/** A signal that aborts, with an error meant for the caller as its reason, when the connection of `response` is lost. */
export function hangUpSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const lost = () => {
    if (!response.writableFinished) controller.abort(usage("the caller hung up"));
  };
  if (response.destroyed) lost();
  else response.once("close", lost);
  return controller.signal;
}
