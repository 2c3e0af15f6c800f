/** One action on many servers: a few at once, and what came of each. */
import { sentenceOf } from "../api/errors.ts";
import type { Server } from "../api/objects.ts";
import { type Action, act, isGoneBy, nameOf, obstacleTo } from "./doing.ts";

/** As many as a browser asks of one origin at once. */
const AT_ONCE = 6;

export type Refusal = { readonly server: string; readonly name: string; readonly reason: string };

export type Outcome = {
  readonly action: Action;
  readonly done: number;
  /** How many of these are gone by it: they are not kept, and have ended. */
  readonly gone: number;
  readonly refused: readonly Refusal[];
  /** Of how many nothing was asked any more. */
  readonly left: number;
};

/** Those of which it can be done, and why it cannot be of the others. */
export function divided(action: Action, servers: readonly Server[]) {
  const able: Server[] = [];
  const refused: Refusal[] = [];
  for (const server of servers) {
    const reason = obstacleTo(action, server);
    if (reason === null) able.push(server);
    else refused.push({ server: server.server, name: nameOf(server), reason });
  }
  return { able, refused };
}

/**
 * @param onProgress told how many are over
 * @param signal once aborted nothing more is asked; what was asked comes about
 */
export async function runOnAll(
  action: Action,
  servers: readonly Server[],
  { onProgress, signal }: { onProgress: (over: number) => void; signal: AbortSignal },
): Promise<Outcome> {
  const { able, refused } = divided(action, servers);
  const failed: Refusal[] = [];
  let gone = 0;
  let next = 0;
  let over = 0;
  const work = async () => {
    for (let server = able[next++]; server !== undefined && !signal.aborted; server = able[next++]) {
      try {
        await act(action, server);
        if (isGoneBy(action, server)) gone++;
      } catch (error) {
        failed.push({ server: server.server, name: nameOf(server), reason: sentenceOf(error) });
      }
      onProgress(++over);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, able.length) }, work));
  return {
    ...{ action, gone, done: over - failed.length },
    refused: [...failed, ...refused],
    left: able.length - over,
  };
}
