/** The commands on all accounts, which are there for admins: one entry for each row of the specification. */
import type { Declared, Request } from "../api/command.ts";
import { readInput } from "../api/input.ts";
import type { Properties } from "../api/properties.ts";
import { repeatOf } from "../operations/idempotency.ts";
import { presentUser, userWord } from "./account.ts";
import { ACCOUNT_ERRORS } from "./command-errors.ts";
import type { AccountDependencies } from "./dependencies.ts";
import { ACCOUNT_EXAMPLES } from "./examples.ts";
import { ACCOUNT_KEYS, CLOSE_KEYS, SUSPEND_KEYS } from "./keys.ts";
import { createAccount, setAccount } from "./lifecycle/change.ts";
import { closeAccount } from "./lifecycle/close.ts";
import { resumeAccount, suspendAccount } from "./lifecycle/suspend.ts";
import { accountInfo, accountInfos, accountList } from "./records.ts";

type Dependencies = AccountDependencies;

export const ACCOUNT_COMMANDS: readonly Declared<Dependencies>[] = [
  {
    path: "accounts/list",
    summary: "List all accounts",
    isAdmins: true,
    effect: "reads",
    takes: "nothing",
    returns: "list",
    answers: ACCOUNT_KEYS.named("user"),
    errors: ACCOUNT_ERRORS.list,
    example: ACCOUNT_EXAMPLES.list,
    run: ({ store }) => accountList(store),
  },
  {
    path: "accounts/info",
    summary: "Get all accounts' info",
    isAdmins: true,
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: ACCOUNT_KEYS.keys,
    errors: ACCOUNT_ERRORS.infoOfAll,
    example: ACCOUNT_EXAMPLES.infoOfAll,
    run: (dependencies) => accountInfos(dependencies),
  },
  {
    path: "accounts/USER/info",
    summary: "Get single account info",
    isAdmins: true,
    effect: "reads",
    takes: "nothing",
    returns: "properties",
    answers: ACCOUNT_KEYS.keys,
    errors: ACCOUNT_ERRORS.info,
    example: ACCOUNT_EXAMPLES.info,
    run: info,
  },
  {
    path: "accounts/create",
    summary: "Make an account, whose secret is answered this once",
    isAdmins: true,
    creates: true,
    effect: "changes",
    takes: "properties",
    keys: ACCOUNT_KEYS.toCreate,
    returns: "properties",
    answers: ACCOUNT_KEYS.keys,
    errors: ACCOUNT_ERRORS.create,
    example: ACCOUNT_EXAMPLES.create,
    async run(dependencies, { caller, input, idempotencyKey }) {
      const changes = readInput(ACCOUNT_KEYS, input, "create");
      const repeat = repeatOf(caller.user, idempotencyKey, "accounts/create", input);
      const { uuid, secret } = await createAccount(dependencies, caller.login, changes, repeat);
      const answer = await accountInfo(dependencies, uuid);
      return secret === null ? answer : [...answer, ["secret", secret]];
    },
  },
  {
    path: "accounts/USER/set",
    summary: "Set an account's name, address, role and limits",
    isAdmins: true,
    effect: "changes",
    takes: "properties",
    keys: ACCOUNT_KEYS.toSet,
    returns: "properties",
    answers: ACCOUNT_KEYS.keys,
    errors: ACCOUNT_ERRORS.set,
    example: ACCOUNT_EXAMPLES.set,
    async run(dependencies, request) {
      const user = await presentUser(dependencies.store, request.params);
      const changes = readInput(ACCOUNT_KEYS, request.input, "stopped");
      await setAccount(dependencies, request.caller.login, user, changes);
      return info(dependencies, request);
    },
  },
  {
    path: "accounts/USER/suspend",
    summary: "Suspend an account: its servers end, and it starts and makes nothing",
    isAdmins: true,
    effect: "changes",
    takes: "properties",
    keys: SUSPEND_KEYS.keys,
    returns: "nothing",
    errors: ACCOUNT_ERRORS.suspend,
    example: ACCOUNT_EXAMPLES.suspend,
    async run(dependencies, { caller, input, params, requestId }) {
      const user = await presentUser(dependencies.store, params);
      const reason = String(readInput(SUSPEND_KEYS, input, "create").get("reason") ?? "");
      await suspendAccount(dependencies, caller.login, user, reason, requestId);
    },
  },
  {
    path: "accounts/USER/resume",
    summary: "End the suspension of an account",
    isAdmins: true,
    effect: "changes",
    takes: "nothing",
    returns: "nothing",
    errors: ACCOUNT_ERRORS.resume,
    example: ACCOUNT_EXAMPLES.act,
    run: async (dependencies, { caller, params }) =>
      resumeAccount(dependencies, caller.login, userWord(params.USER)),
  },
  {
    path: "accounts/USER/close",
    summary: "Close an account for good, with all that it has where everything is true",
    isAdmins: true,
    effect: "changes",
    takes: "properties",
    keys: CLOSE_KEYS.keys,
    returns: "nothing",
    errors: ACCOUNT_ERRORS.close,
    example: ACCOUNT_EXAMPLES.close,
    async run(dependencies, { caller, input, params, requestId }) {
      const user = await presentUser(dependencies.store, params);
      const everything = readInput(CLOSE_KEYS, input, "create").get("everything") === "true";
      await closeAccount(dependencies, caller.login, user, everything, requestId);
    },
  },
];

async function info(dependencies: Dependencies, { params }: Request): Promise<Properties> {
  return accountInfo(dependencies, userWord(params.USER));
}
