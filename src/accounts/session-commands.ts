/** The commands on sessions: beginning and ending one's own, and those on all sessions of one's own account. */
import type { Declared } from "../api/command.ts";
import { ACCOUNT_ERRORS } from "./command-errors.ts";
import type { AccountDependencies } from "./dependencies.ts";
import { SESSION_EXAMPLES } from "./examples.ts";
import { SESSION_KEYS } from "./keys.ts";
import { beginSession, endSession, sessionInfo, sessionInfos, sessionList, sessionWord } from "./sessions.ts";

type Dependencies = Pick<AccountDependencies, "store">;

export const SESSION_COMMANDS: readonly Declared<Dependencies>[] = [
  {
    path: "session",
    summary: "Begin a session of one's browser, which opens what the key does that is asked with",
    session: "begins",
    effect: "changes",
    takes: "nothing",
    returns: "properties",
    answers: SESSION_KEYS.keys,
    errors: ACCOUNT_ERRORS.sessionBegin,
    example: SESSION_EXAMPLES.begin,
    async run({ store }, { caller, address, keep, kept = null }) {
      const { answer, token } = await beginSession(store, caller.login, address, kept);
      keep?.(token);
      return answer;
    },
  },
  {
    path: "session/end",
    summary: "End the session that is asked with; nothing where it is a key that is asked with",
    session: "ends",
    effect: "changes",
    takes: "nothing",
    returns: "nothing",
    errors: ACCOUNT_ERRORS.sessionEnd,
    example: SESSION_EXAMPLES.end,
    async run({ store }, { caller, keep }) {
      const { login } = caller;
      const session = login.by?.session;
      if (session !== undefined) await endSession(store, { ...caller, user: login.user }, session);
      keep?.(null);
    },
  },
  {
    path: "profile/sessions/list",
    summary: "List all sessions of one's own account",
    effect: "reads",
    takes: "nothing",
    returns: "list",
    answers: SESSION_KEYS.named("session"),
    errors: ACCOUNT_ERRORS.sessions,
    example: SESSION_EXAMPLES.list,
    run: ({ store }, { caller }) => sessionList(store, caller),
  },
  {
    path: "profile/sessions/info",
    summary: "Get all sessions' info",
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: SESSION_KEYS.keys,
    errors: ACCOUNT_ERRORS.sessions,
    example: SESSION_EXAMPLES.infoOfAll,
    run: ({ store }, { caller }) => sessionInfos(store, caller),
  },
  {
    path: "profile/sessions/SESSION/info",
    summary: "Get single session info",
    effect: "reads",
    takes: "nothing",
    returns: "properties",
    answers: SESSION_KEYS.keys,
    errors: ACCOUNT_ERRORS.sessionInfo,
    example: SESSION_EXAMPLES.info,
    run: async ({ store }, { caller, params }) => sessionInfo(store, caller, sessionWord(params.SESSION)),
  },
  {
    path: "profile/sessions/SESSION/destroy",
    summary: "End a session at once",
    effect: "changes",
    takes: "nothing",
    returns: "nothing",
    errors: ACCOUNT_ERRORS.sessionDestroy,
    example: SESSION_EXAMPLES.act,
    run: ({ store }, { caller, params }) => endSession(store, caller, sessionWord(params.SESSION)),
  },
];
