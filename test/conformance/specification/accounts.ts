/** The tables about accounts, keys and the audit trail: an extension in the specification's style. */
import { accounts, audit, type Chapter, limits, login, money, ownAccounts, type Test } from "./row.ts";

const INFO = accounts("info answers one's own account, what it may have and what it uses");
const ORDER = accounts("keys of an account come in one order, as those of a key do");
const USED = [
  ...INFO,
  ...ownAccounts("what an account uses is counted by its own rows, what is being changed included"),
];
const PROFILE_SET = accounts("set changes the name and the address, and answers as info does");
const LISTS = accounts(
  "lists answer accounts and keys by their uuids, oldest first, and infos each as its own",
);
const KEY = accounts("a key of one's own is made with a secret that is told this once");
const KEY_DEFAULTS = accounts("a key opens everything, for good, unless it is said otherwise");
const KEY_SET = accounts(
  "set changes a key's name and its end",
  "what set changed of a key is told by its info",
);
const KEY_USED = [
  ...accounts("the use of a key is told to the hour, a moment later"),
  ...login(
    "the use of a key is written once an hour, on sqlite",
    "the use of a key is written once an hour, on postgres",
  ),
];
const CREATE = accounts("an admin makes an account, whose secret is told this once");
const CREATE_PLAIN = accounts("an account needs a name and nothing else");
const SET = accounts("an admin sets name, address, role and limits of an account");
const TOLD = accounts("an admin is told of any account what it is told itself");
const EVENTS = accounts(
  "the trail tells each account what was done in it, and an admin what was done in all",
);
const LAST_KEY = ownAccounts(
  "the last key that opens everything is not ended, nor given an end, and of two who end the last two one is refused",
);
const SUSPENDED = accounts("an account is suspended, and told why", "a suspended account is told so");

const RESOURCES = "[cpu|mem|disk|ip|vlan|servers|drives]";

const MONEY = money(
  "an account's money is told to it and to an admin: balance, credit, what burns, and until when",
);
const MONEY_ANSWERS: Readonly<Record<string, readonly Test[]>> = {
  ...{ currency: MONEY, balance: MONEY, credit: MONEY, burning: MONEY, "funds:until": MONEY },
};
const LENT = money("an account is made with credit, which is unset by an empty value");

const KEY_ANSWERS: Readonly<Record<string, readonly Test[]>> = {
  key: KEY,
  name: [...KEY, ...KEY_SET],
  scope: [...KEY, ...KEY_DEFAULTS],
  expires: [...KEY, ...KEY_DEFAULTS, ...KEY_SET],
  created: KEY,
  used: KEY_USED,
  hint: KEY,
};

const ACCOUNT_ANSWERS: Readonly<Record<string, readonly Test[]>> = {
  user: TOLD,
  name: TOLD,
  email: CREATE,
  status: CREATE,
  reason: SUSPENDED,
  role: CREATE,
  [`limit:${RESOURCES}`]: [...CREATE, ...CREATE_PLAIN],
  [`used:${RESOURCES}`]: TOLD,
  ...MONEY_ANSWERS,
};

export const ACCOUNTS: Chapter = {
  title: "Accounts",
  tables: [
    {
      title: "Get one's own account",
      command: "profile/info",
      row: [...INFO, ...ORDER],
      answers: {
        ...{ user: INFO, name: INFO, email: INFO, status: INFO, reason: SUSPENDED },
        role: [...INFO, ...accounts("info says whose role is admin")],
        [`limit:${RESOURCES}`]: [...INFO, ...CREATE],
        [`used:${RESOURCES}`]: USED,
        ...MONEY_ANSWERS,
      },
    },
    {
      title: "Set one's own account",
      command: "profile/set",
      row: PROFILE_SET,
      takes: {
        name: [...PROFILE_SET, ...accounts("set of no name is 400 usage")],
        email: [
          ...PROFILE_SET,
          ...accounts(
            "set with an empty value takes the address away",
            "set of an address that is none is 400 usage",
          ),
        ],
      },
      says: {
        "what the operator alone sets": accounts("set of a role is 400 usage", "set of a limit is 400 usage"),
      },
    },
    { title: "List all keys", command: "profile/keys/list", row: LISTS },
    { title: "Get all keys' info", command: "profile/keys/info", row: LISTS },
    {
      title: "Get single key info",
      command: "profile/keys/KEY/info",
      row: accounts("info of a key tells when it was used last, to the hour, and never the secret"),
      answers: KEY_ANSWERS,
    },
    {
      title: "Make a key",
      command: "profile/keys/create",
      row: KEY,
      takes: {
        name: [...KEY, ...accounts("a key with no name is 400 usage")],
        scope: [...KEY, ...KEY_DEFAULTS, ...accounts("a key with a scope that is none is 400 usage")],
        expires: [...KEY, ...accounts("a key with an end that has passed is 400 usage")],
      },
      answers: { ...KEY_ANSWERS, secret: KEY },
      says: {
        "every key works as the password of HTTP Basic": accounts(
          "every key of an account is a password of it, and of no other",
        ),
        "all, read, or a list of areas": accounts(
          "a key whose scope is read opens that, and 404 missing tells its owner what else it does not",
          "a key whose scope is drives opens that, and 404 missing tells its owner what else it does not",
          "a key whose scope is profile opens that, and 404 missing tells its owner what else it does not",
          "a key whose scope is drives servers opens that, and 404 missing tells its owner what else it does not",
        ),
        "a key makes no key of a wider scope than its own": ownAccounts(
          "a key makes, changes and ends no key that opens more than itself, nor does one outlive it",
        ),
      },
    },
    {
      title: "Set a key",
      command: "profile/keys/KEY/set",
      row: KEY_SET,
      takes: { name: KEY_SET, expires: KEY_SET },
    },
    {
      title: "End a key",
      command: "profile/keys/KEY/destroy",
      row: accounts(
        "destroy ends a key",
        "a key that was ended is gone",
        "a key that was ended opens nothing",
      ),
      says: { "the last key of scope all: 409 busy": LAST_KEY },
    },
    { title: "List one's own events", command: "profile/events[/FROM]", row: EVENTS },
    {
      title: "402 billing",
      says: {
        "the account is suspended": accounts(
          "a suspended account is refused drives/create: 402 billing",
          "a suspended account is refused servers/create: 402 billing",
          "a suspended account is refused servers/SERVER/start: 402 billing",
          "a suspended account is refused drives/DRIVE/set: 402 billing",
          "a suspended account is refused resources/vlan/create: 402 billing",
        ),
        "its data can still be read, its servers stopped, its objects destroyed": accounts(
          "a suspended account reads what it has",
          "a suspended account stops a server",
          "a suspended account destroys what it has",
        ),
        "it would use more than one of its limits": limits(
          "an account whose limit of cpu is used up is refused what takes more, and nothing else",
          "an account whose limit of mem is used up is refused what takes more, and nothing else",
          "an account whose limit of disk is used up is refused what takes more, and nothing else",
          "an account whose limit of ip is used up is refused what takes more, and nothing else",
          "an account whose limit of vlan is used up is refused what takes more, and nothing else",
          "an account whose limit of servers is used up is refused what takes more, and nothing else",
          "an account whose limit of drives is used up is refused what takes more, and nothing else",
        ),
        "after 400 and 404, before 409 and 507": [
          ...accounts(
            "what is wrong with a request of a suspended account is told first",
            "what is not there is told a suspended account first, too",
          ),
          ...limits(
            "what a request names that is not there comes before the limit, and the limit before what is in the way",
          ),
        ],
      },
    },
    { title: "List all accounts", command: "accounts/list", row: LISTS },
    { title: "Get all accounts' info", command: "accounts/info", row: LISTS },
    {
      title: "Get single account info",
      command: "accounts/USER/info",
      row: TOLD,
      answers: ACCOUNT_ANSWERS,
    },
    {
      title: "Make an account",
      command: "accounts/create",
      row: [...CREATE, ...CREATE_PLAIN],
      takes: {
        name: [...CREATE, ...accounts("an account with no name is 400 usage")],
        email: CREATE,
        role: [...CREATE, ...accounts("an account with a role that is none is 400 usage")],
        [`limit:${RESOURCES}`]: [
          ...CREATE,
          ...accounts("an account with a limit that is no number is 400 usage"),
        ],
        credit: LENT,
      },
      answers: { ...ACCOUNT_ANSWERS, secret: CREATE },
    },
    {
      title: "Set an account",
      command: "accounts/USER/set",
      row: SET,
      takes: { name: SET, email: SET, role: SET, [`limit:${RESOURCES}`]: SET, credit: LENT },
      says: {
        "an empty value takes a limit away": accounts("an empty value takes a limit away, and null a role"),
      },
    },
    {
      title: "Suspend an account",
      command: "accounts/USER/suspend",
      row: SUSPENDED,
      takes: { reason: SUSPENDED },
      says: {
        "its servers end by ACPI, after five minutes killed": ownAccounts(
          "a suspended account's servers shut down, and are there stopped, persistent or not; nothing is started by itself",
          "a guest that does not hear is told again, and killed after five minutes and no sooner",
          "a suspension whose daemon dies is carried out by the next one",
        ),
      },
    },
    {
      title: "Resume an account",
      command: "accounts/USER/resume",
      row: accounts("an account is resumed", "an account that was resumed is active, and makes things again"),
    },
    {
      title: "Close an account",
      command: "accounts/USER/close",
      row: accounts("an account is closed with everything that it has", "nobody logs in to a closed account"),
      takes: {
        everything: [
          ...accounts(
            "an account that has something is not closed: 409 busy",
            "everything takes true or false",
          ),
          ...ownAccounts(
            "an account that has something is not closed, and with everything true all that it has goes",
          ),
        ],
      },
      says: {
        "keys first": ownAccounts("the keys of all drives go before it is waited for the file of any"),
        "a crash in between": ownAccounts(
          "a close that is cut off after 1 transactions is finished by the next daemon",
          "a close that is cut off after 10 transactions is finished by the next daemon",
        ),
      },
    },
    {
      title: "The audit trail",
      command: "events[/FROM]",
      row: EVENTS,
      answers: Object.fromEntries(
        ["event", "time", "user", "actor", "key", "address", "command", "object", "outcome"].map((key) => [
          key,
          EVENTS,
        ]),
      ),
      says: {
        "in the transaction of the change itself": audit(
          "neither the change of resources/vlan/create nor its event is there alone, wherever the daemon is cut off",
          "neither the change of drives/create nor its event is there alone, wherever the daemon is cut off",
        ),
        "reads of others' data by an admin": audit(
          "what an admin reads and changes of another's is in both trails, and the other is not told from where",
        ),
        "kept as long as the operator says": audit(
          "what is older than the operator says goes, and nothing else does",
        ),
      },
    },
    {
      title: "Acting as another account",
      says: {
        "X-Elastic-User lets an admin act as that account": accounts(
          "an admin who acts as another is told of that account",
          "an admin who acts as another makes what is the other's",
        ),
        "for anybody else 404 missing": [
          ...accounts("a user does not act as ANN: 404 missing", "a user does not act as BOB: 404 missing"),
          ...ownAccounts(
            "who acts as another has what is theirs and no more than they may, and nobody but an admin does",
          ),
        ],
        "who is no admin learns nothing of accounts": accounts(
          "a command for admins is answered to all others as one that is not there, by every method",
        ),
      },
    },
  ],
};
