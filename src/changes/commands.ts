/** The command by which a caller follows their own objects (docs/console.md, changes). */
import type { Declared, Example } from "../api/command.ts";
import { type LetIn, whenWithdrawn } from "../api/let-in.ts";
import type { Feed } from "./feed.ts";
import { CHANGE_KEYS } from "./keys.ts";
import type { ChangeRecords } from "./records.ts";
import { ChangeStream } from "./stream.ts";

export type ChangeDependencies = {
  readonly records: ChangeRecords;
  readonly feed: Feed;
  readonly letIn: LetIn;
  /** Told what could not be read or asked; it is tried again. */
  readonly onTrouble: (error: unknown) => void;
};

const EXAMPLE: Example = {
  answer: [
    ["type", "server"],
    ["object", "8a2f3f9e-51a8-4a3c-b3fd-2c1f2d5f9d10"],
    ["status", "stopped"],
  ],
};

/** A number that is not one of ours is none to go on from. */
const NUMBER = /^\d{1,15}$/;

export const CHANGE_COMMANDS: readonly Declared<ChangeDependencies>[] = [
  {
    path: "profile/changes",
    summary: "Follow what becomes of one's own servers, drives and resources, as it comes about",
    effect: "reads",
    takes: "nothing",
    returns: "events",
    answers: CHANGE_KEYS.keys,
    errors: ["too_many_streams"],
    example: EXAMPLE,
    run({ records, feed, letIn, onTrouble }, { caller, lastEventId = "" }) {
      const { user } = caller;
      const from = NUMBER.test(lastEventId) ? Number(lastEventId) : null;
      const follow = (wake: () => void) => feed.follow(user, wake);
      const stream = new ChangeStream({ records, user, from, follow, onTrouble });
      const endAsking = whenWithdrawn(letIn, caller, { withdraw: () => stream.end(), onTrouble });
      return {
        next: (withinMs) => stream.next(withinMs),
        end() {
          endAsking();
          stream.end();
        },
      };
    },
  },
];
