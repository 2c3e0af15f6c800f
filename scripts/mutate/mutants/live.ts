/** Planted bugs in what is followed: notes of changes, streams of them, and events by object. */
import type { Mutant } from "../mutant.ts";

const CHANGES = "test/state/changes.test.ts";
const STREAMS = "src/http/streams.test.ts";
const RECORDS = "src/changes/records.test.ts";
const EVENTS = "src/audit/records.test.ts";
const FEED = "src/changes/feed.test.ts";

export const LIVE: readonly Mutant[] = [
  {
    name: "a reader goes on although changes that come first are gone",
    file: "src/changes/records.ts",
    find: "rows[0]?.serial === from + 1 ? rows.map(eventOf) : begin",
    replace: "rows.map(eventOf)",
    tests: [CHANGES],
  },
  {
    name: "on SQLite an account that changes again is not found to have moved",
    file: "src/store/migrations/0016-triggers.ts",
    find: "do update set last = last + 1, moved = excluded.moved;",
    replace: "do update set last = last + 1;",
    tests: [RECORDS],
  },
  {
    name: "on PostgreSQL numbers are taken where nobody waits for whoever took the one before",
    file: "src/store/migrations/0016-triggers.ts",
    find: `      insert into change_counters as c ("user", last, moved) values (owner, 1, all_last)`,
    replace: `      select coalesce(max(last), 0) + 1 into own_last from change_counters where "user" = owner;
      insert into change_counters as c ("user", last, moved) values (owner || own_last, 1, all_last)`,
    tests: [RECORDS],
  },
  {
    name: "of one account all changes are kept",
    file: "src/store/migrations/0016-triggers.ts",
    find: "const MOST_KEPT = 1000;",
    replace: "const MOST_KEPT = 100_000;",
    tests: [CHANGES],
  },
  {
    name: "a guest that dies is told of nowhere",
    file: "src/servers/lifecycle/look.ts",
    find: "    await recordRunStates(store, running);\n",
    replace: "",
    tests: [CHANGES],
  },
  {
    name: "what was seen of a QEMU is told of the next one",
    file: "src/servers/rows.ts",
    find: "change.phase === undefined ? {} : { run_state: null }",
    replace: "{}",
    tests: [CHANGES],
  },
  {
    name: "an admin in another's place follows their own objects",
    file: "src/changes/commands.ts",
    find: "const { user } = caller;",
    replace: "const { user } = caller.login;",
    tests: [CHANGES],
  },
  {
    name: "whose key is gone goes on following",
    file: "src/changes/commands.ts",
    find: "withdraw: () => stream.end()",
    replace: "withdraw: () => {}",
    tests: [CHANGES],
  },
  {
    name: "it is asked each ten minutes whether a follower is let in",
    file: "src/api/let-in.ts",
    find: "const ASK_EVERY_MS = 60_000;",
    replace: "const ASK_EVERY_MS = 600_000;",
    tests: ["src/api/let-in.test.ts"],
  },
  {
    name: "an account may have any number of streams",
    file: "src/http/streams.ts",
    find: "held < MOST_OF_USER ? ",
    replace: "held >= 0 ? ",
    tests: [STREAMS, CHANGES],
  },
  {
    name: "streams may take all connections",
    file: "src/http/streams.ts",
    find: "Math.floor(limits.connections / 2) + 1",
    replace: "2 * limits.connections",
    tests: [STREAMS],
  },
  {
    name: "a stream that was left counts on",
    file: "src/http/streams.ts",
    find: 'response.once("close", over);',
    replace: 'response.once("finish", over);',
    tests: [STREAMS],
  },
  {
    name: "a server that is stopped waits for its streams",
    file: "src/http/http-server.ts",
    find: "    streams.close();\n",
    replace: "",
    tests: [STREAMS],
  },
  {
    name: "what comes before the first look is missed",
    file: "src/changes/feed.ts",
    find: "      for (const user of this.#followers.keys()) this.#wake(user);\n",
    replace: "",
    tests: [FEED],
  },
  {
    name: "the store is asked although nobody follows",
    file: "src/changes/feed.ts",
    find: "      clearTimeout(this.#timer);\n      this.#timer = undefined;\n",
    replace: "",
    tests: [FEED],
  },
  {
    name: "a store that is away is asked twice a second",
    file: "src/changes/feed.ts",
    find: "this.#failures === 0 ? LOOK_MS : backoff(this.#failures, LOOK_MS, LONGEST_PAUSE_MS)",
    replace: "LOOK_MS",
    tests: [FEED],
  },
  {
    name: "events of an object are told to whoever names it",
    file: "src/audit/records.ts",
    find: '    .selectFrom("events_of_objects")\n    .select("serial")\n    .where("user", "=", param("user"))',
    replace: '    .selectFrom("events_of_objects")\n    .select("serial")',
    tests: ["test/state/audit.test.ts"],
  },
  {
    name: "events before one have no end",
    file: "src/audit/records.ts",
    find: '    .selectFrom("events_of_users")\n    .select("serial")\n    .where("user", "=", param("user"))\n    .where("serial", ">", param("after"))\n    .where("serial", "<", param("before"))',
    replace:
      '    .selectFrom("events_of_users")\n    .select("serial")\n    .where("user", "=", param("user"))\n    .where("serial", ">", param("after"))',
    tests: ["test/state/audit.test.ts"],
  },
  {
    name: "the last events are in no list until others follow",
    file: "src/audit/records.ts",
    find: "sql.lit(LISTED_AT_ONCE)",
    replace: "sql.lit(1)",
    tests: [EVENTS],
  },
  {
    name: "some events enter no list",
    file: "src/store/migrations/0017-event-lists.ts",
    find: 'select "user", serial from events where serial >',
    replace: 'select "user", serial from events where serial % 2 = 0 and serial >',
    tests: [EVENTS],
  },
  {
    name: "events that are gone stay in the lists",
    file: "src/store/migrations/0017-event-lists.ts",
    find: 'delete from events_of_users where "user" = old."user"',
    replace: "delete from events_of_users where \"user\" = ''",
    tests: [EVENTS],
  },
  {
    name: "the events of an earlier home enter no list",
    file: "src/store/migrations/0017-event-lists.ts",
    find: 'insert into events_of_users select "user", serial from events order',
    replace: 'insert into events_of_users select "user", serial from events where serial < 0 order',
    tests: ["src/store/migrations/forward.test.ts"],
  },
  {
    name: "events that are gone stay in the lists of objects",
    file: "src/store/migrations/0017-event-lists.ts",
    find: 'delete from events_of_objects where "user" = old."user"',
    replace: "delete from events_of_objects where \"user\" = ''",
    tests: [EVENTS],
  },
  {
    name: "an event that goes takes all later ones out of the lists",
    file: "src/store/migrations/0017-event-lists.ts",
    find: 'delete from events_of_users where "user" = old."user" and serial = old.serial',
    replace: 'delete from events_of_users where "user" = old."user" and serial >= old.serial',
    tests: [EVENTS],
  },
  {
    name: "a transaction that runs again and changes nothing takes its command's event",
    file: "src/audit/audited-store.ts",
    find: "      isRecorded = false;\n",
    replace: "",
    tests: ["src/audit/trail.test.ts"],
  },
  {
    name: "writes from two places are one event",
    file: "src/audit/writes.ts",
    find: "const own = [user, key, address, object, outcome]",
    replace: "const own = [user, key, object, outcome]",
    tests: ["src/audit/trail.test.ts"],
  },
  {
    name: "an event of a webhook does not say which",
    file: "src/audit/trail.ts",
    find: '"SUBSCRIPTION", "WEBHOOK"',
    replace: '"SUBSCRIPTION"',
    tests: ["test/state/audit.test.ts"],
  },
];
