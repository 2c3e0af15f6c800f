/**
 * Which events are of an account, and of an object of it. On SQLite an index would write a page more with each event, which is most
 * of what the event costs: there the lists are tables, in which each event of a round number enters those since the last one,
 * itself among them. On PostgreSQL, where a number is lost with a transaction that is taken back, indexes are kept, and the lists are views.
 */
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { LISTED_AT_ONCE } from "../event-lists.ts";
import type { Engine } from "./serial.ts";

export const eventLists = (engine: Engine): Migration => ({
  async up(db: Kysely<unknown>) {
    for (const statement of engine === "sqlite" ? SQLITE : POSTGRES) await sql.raw(statement).execute(db);
  },
});

const SQLITE = [
  "drop index events_user",
  "drop index events_object",
  `create table events_of_users ("user" text not null, serial integer not null, primary key ("user", serial)) without rowid`,
  `create table events_of_objects ("user" text not null, object text not null, serial integer not null,
    primary key ("user", object, serial)) without rowid`,
  `insert into events_of_users select "user", serial from events order by "user", serial`,
  `insert into events_of_objects select "user", object, serial from events where object <> '' order by "user", object, serial`,
  // Some of them may have been in the lists before the first round number.
  `create trigger events_listed after insert on events when new.serial % ${LISTED_AT_ONCE} = 0 begin
    insert or ignore into events_of_users
      select "user", serial from events where serial > new.serial - ${LISTED_AT_ONCE};
    insert or ignore into events_of_objects
      select "user", object, serial from events where serial > new.serial - ${LISTED_AT_ONCE} and object <> '';
  end`,
  `create trigger events_gone after delete on events begin
    delete from events_of_users where "user" = old."user" and serial = old.serial;
    delete from events_of_objects where "user" = old."user" and object = old.object and serial = old.serial;
  end`,
];

const POSTGRES = [
  `create view events_of_users as select "user", serial from events`,
  `create view events_of_objects as select "user", object, serial from events`,
];
