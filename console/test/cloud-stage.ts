/** A cloud whose user is an admin, beside another account. */
import type { TestContext } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { openStage, type Stage } from "./stage.ts";

type Answer = Readonly<Record<string, unknown>>;

export type CloudStage = {
  readonly stage: Stage;
  /** The admin, ann, whom the stage's tabs are of. */
  readonly user: string;
  readonly bob: string;
  /** Asks the API in its own name, in that account's where there is one, or with that one's key. */
  ask(path: string, values?: object, acting?: string, user?: string): Promise<Answer>;
  infoOf(user: string): Promise<Answer>;
  /** Records so many events more. */
  fillTrail(count: number): Promise<void>;
};

export async function adminStage(
  t: Pick<TestContext, "after">,
  settings: Parameters<typeof openStage>[1] = {},
): Promise<CloudStage> {
  const stage = await openStage(t, settings);
  const { cloud, http } = stage;
  const { store } = cloud.daemon();
  const { user } = cloud;
  const { uuid: bob } = await createUser(store, "bob");
  const ask = async (path: string, values: object = {}, acting?: string, by: string = user) => {
    const answer = await fetch(http.url + path, {
      method: "POST",
      headers: {
        authorization: http.authorizationOf(by as typeof user),
        accept: "application/json",
        "content-type": "application/json",
        ...(acting === undefined ? {} : { "x-elastic-user": acting }),
      },
      ...(Object.keys(values).length === 0 ? {} : { body: JSON.stringify(values) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return (text === "" ? {} : JSON.parse(text)) as Answer;
  };
  return {
    ...{ stage, user, bob, ask, infoOf: (whose) => ask(`accounts/${whose}/info`) },
    async fillTrail(count) {
      const row = {
        user,
        actor: user,
        key: user,
        address: "192.0.2.7",
        command: "accounts/info",
        object: "",
      };
      const time = Math.floor(Date.now() / 1000);
      await store.transaction(async (tx) => {
        for (let made = 0; made < count; made++) {
          await tx
            .insertInto("events")
            .values({ ...row, time, outcome: "done" })
            .execute();
        }
      });
    },
  };
}

/** Accounts with names that a number ends. */
export async function makeAccounts({ stage }: Pick<CloudStage, "stage">, count: number): Promise<void> {
  const { store } = stage.cloud.daemon();
  for (let made = 0; made < count; made++) {
    await createUser(store, `customer-${String(made).padStart(4, "0")}`);
  }
}
