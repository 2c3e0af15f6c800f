/** The commands on the caller's own account: one entry for each row of the specification. */
import type { Declared, Request } from "../api/command.ts";
import { readInput } from "../api/input.ts";
import type { Properties } from "../api/properties.ts";
import type { UserId } from "../base/ids.ts";
import { repeatOf } from "../operations/idempotency.ts";
import { createKey, destroyKey, keyWord, setKey } from "./api-keys.ts";
import { ACCOUNT_ERRORS } from "./command-errors.ts";
import type { AccountDependencies } from "./dependencies.ts";
import { ACCOUNT_EXAMPLES } from "./examples.ts";
import { API_KEY_KEYS, PROFILE_KEYS } from "./keys.ts";
import { setProfile } from "./lifecycle/change.ts";
import { accountInfo, keyInfo, keyInfos, keyList } from "./records.ts";

type Dependencies = AccountDependencies & {
  /** Notes that an account has heard what it was warned of. */
  readonly noteAsked: (user: UserId) => Promise<void>;
};

export const PROFILE_COMMANDS: readonly Declared<Dependencies>[] = [
  {
    path: "profile/info",
    summary: "Get one's own account: what it is, may have and has",
    effect: "reads",
    takes: "nothing",
    returns: "properties",
    answers: PROFILE_KEYS.keys,
    errors: ACCOUNT_ERRORS.profile,
    example: ACCOUNT_EXAMPLES.profile,
    async run(dependencies, request) {
      const { caller } = request;
      // An admin in its place is not its owner.
      if (caller.user === caller.login.user) await dependencies.noteAsked(caller.user);
      return info(dependencies, request);
    },
  },
  {
    path: "profile/set",
    summary: "Set the name and the address of one's own account",
    effect: "changes",
    takes: "properties",
    keys: PROFILE_KEYS.toSet,
    returns: "properties",
    answers: PROFILE_KEYS.keys,
    errors: ACCOUNT_ERRORS.profile,
    example: ACCOUNT_EXAMPLES.profileSet,
    async run(dependencies, request) {
      const changes = readInput(PROFILE_KEYS, request.input, "stopped");
      await setProfile(dependencies, request.caller.user, changes);
      return info(dependencies, request);
    },
  },
  {
    path: "profile/keys/list",
    summary: "List all keys of one's own account",
    effect: "reads",
    takes: "nothing",
    returns: "list",
    answers: API_KEY_KEYS.named("key"),
    errors: ACCOUNT_ERRORS.keys,
    example: ACCOUNT_EXAMPLES.keyList,
    run: ({ store }, { caller }) => keyList(store, caller.user),
  },
  {
    path: "profile/keys/info",
    summary: "Get all keys' info",
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: API_KEY_KEYS.keys,
    errors: ACCOUNT_ERRORS.keys,
    example: ACCOUNT_EXAMPLES.keyInfos,
    run: ({ store }, { caller }) => keyInfos(store, caller.user),
  },
  {
    path: "profile/keys/KEY/info",
    summary: "Get single key info",
    effect: "reads",
    takes: "nothing",
    returns: "properties",
    answers: API_KEY_KEYS.keys,
    errors: ACCOUNT_ERRORS.keyInfo,
    example: ACCOUNT_EXAMPLES.keyInfo,
    run: async ({ store }, { caller, params }) => keyInfo(store, caller.user, keyWord(params.KEY)),
  },
  {
    path: "profile/keys/create",
    creates: true,
    summary: "Make a key, whose secret is answered this once",
    effect: "changes",
    takes: "properties",
    keys: API_KEY_KEYS.toCreate,
    returns: "properties",
    answers: API_KEY_KEYS.keys,
    errors: ACCOUNT_ERRORS.keyCreate,
    example: ACCOUNT_EXAMPLES.keyCreate,
    async run(dependencies, { caller, input, idempotencyKey }) {
      const changes = readInput(API_KEY_KEYS, input, "create");
      const repeat = repeatOf(caller.user, idempotencyKey, "profile/keys/create", input);
      const { uuid, secret } = await createKey(dependencies, caller, changes, repeat);
      return keyInfo(dependencies.store, caller.user, uuid, secret);
    },
  },
  {
    path: "profile/keys/KEY/set",
    summary: "Set the name of a key, or when it ends",
    effect: "changes",
    takes: "properties",
    keys: API_KEY_KEYS.toSet,
    returns: "nothing",
    errors: ACCOUNT_ERRORS.keySet,
    example: ACCOUNT_EXAMPLES.keySet,
    async run(dependencies, { caller, input, params }) {
      const key = keyWord(params.KEY);
      await keyInfo(dependencies.store, caller.user, key);
      await setKey(dependencies, caller, key, readInput(API_KEY_KEYS, input, "stopped"));
    },
  },
  {
    path: "profile/keys/KEY/destroy",
    summary: "End a key at once",
    effect: "changes",
    takes: "nothing",
    returns: "nothing",
    errors: ACCOUNT_ERRORS.keyDestroy,
    example: ACCOUNT_EXAMPLES.keyAct,
    run: async (dependencies, { caller, params }) => destroyKey(dependencies, caller, keyWord(params.KEY)),
  },
];

/** What is shown of an account is shown to its owner, too. */
async function info(dependencies: Dependencies, { caller }: Request): Promise<Properties> {
  return accountInfo(dependencies, caller.user);
}
