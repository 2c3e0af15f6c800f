/**
 * What is asked of a cloud that has many objects of another user, against the same asked of one without them: it is to
 * cost by what it touches.
 */
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { makeUser } from "../testing/user.ts";
import { NO_BOUNDS } from "./no-bounds.ts";
import { type Figure, interleaved, median, seconds } from "./ratio.ts";

const DRIVES = 5_000;
const SERVERS = 10_000;
const POLLERS = 10;
const ROUNDS = 5;
const CREATES = 20;
const INFOS = 20;
/** How many requests at once the objects are made by. */
const AT_ONCE = 8;

const DRIVE = { name: "one of many", size: 2 ** 20, "encryption:cipher": "none" };
const SERVER = { name: "one of many", cpu: 500, mem: 64, "nic:0:dhcp": "auto" };

export async function scaleFigures(empty: Cloud): Promise<Figure[]> {
  const large = await openCloud(NO_BOUNDS);
  try {
    const { auth: other } = await makeUser(large, "other");
    await many(DRIVES, () => make(large, other, "drives/create", DRIVE));
    const create = await interleaved(
      ROUNDS,
      () => creation(large),
      () => creation(empty),
    );
    await many(SERVERS, () => make(large, other, "servers/create/stopped", SERVER));
    const beside = await interleaved(
      ROUNDS,
      () => polled(large, other, () => info(large)),
      () => polled(empty, empty.auth, () => info(empty)),
    );
    return [
      {
        ...{ what: `drives/create beside ${DRIVES} drives of another user`, ...create, unit: "ms" },
        ...{ against: "the same in an empty cloud", goal: { atMost: 1.5 } },
      },
      {
        ...{ what: `drives/info of nothing while ${POLLERS} poll ${SERVERS} servers`, ...beside, unit: "ms" },
        ...{ against: "the same while they poll no servers", goal: { atMost: 2 } },
      },
    ];
  } finally {
    await large.close();
  }
}

/** The milliseconds that the making of a drive takes. */
async function creation(cloud: Cloud): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < CREATES; index++) {
    let drive: string | undefined;
    const time = await seconds(async () => {
      drive = (await cloud.make("drives/create", DRIVE)).get("drive");
    });
    times.push(time * 1000);
    await cloud.act(`drives/${drive}/destroy`);
  }
  return median(times);
}

/** The milliseconds that a short question takes. */
async function info(cloud: Cloud): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < INFOS; index++) {
    times.push(1000 * (await seconds(() => cloud.ask("drives/info"))));
  }
  return median(times);
}

/** What `work` answers while others ask for all of a user's servers again and again. */
async function polled(cloud: Cloud, auth: string, work: () => Promise<number>): Promise<number> {
  let over = false;
  const pollers = Array.from({ length: POLLERS }, async () => {
    while (!over) await cloud.ask("servers/info", { auth });
  });
  const answer = await work().finally(() => {
    over = true;
  });
  await Promise.all(pollers);
  return answer;
}

async function make(
  cloud: Cloud,
  auth: string,
  path: string,
  given: Readonly<Record<string, string | number>>,
): Promise<void> {
  const body = Object.entries(given).map(([key, value]) => `${key} ${value}\n`);
  const answer = await cloud.ask(path, { auth, body: body.join("") });
  if (answer.status !== 200) throw new Error(answer.text);
}

async function many(count: number, make: () => Promise<void>): Promise<void> {
  let left = count;
  const makers = Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) await make();
  });
  await Promise.all(makers);
}
