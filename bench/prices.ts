/** What prices cost a request: a cloud in which all is priced, against one without a price list, at the same work. */
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { NO_BOUNDS } from "./no-bounds.ts";
import { type Figure, interleaved } from "./ratio.ts";
import { requestsPerSecond } from "./requests.ts";

const ROUNDS = 15;
const SERVER = { name: "priced", cpu: 1000, mem: 64, "nic:0:dhcp": "auto" };
const PRICE = { burst: "0.000012", subscription: "0.004" };
const ATLEAST = 0.97;

export async function priceFigures(plain: Cloud): Promise<Figure[]> {
  const priced = await openCloud(NO_BOUNDS);
  try {
    await setPrices(priced);
    const [one, other] = [await info(priced), await info(plain)];
    const infos = await interleaved(ROUNDS, one.speed, other.speed);
    await Promise.all([one.end(), other.end()]);
    const creates = await interleaved(
      ROUNDS,
      () => createsPerSecond(priced),
      () => createsPerSecond(plain),
    );
    const against = "the same without a price list";
    const goal = { atLeast: ATLEAST };
    return [
      { what: "servers/SERVER/info with prices", ...infos, unit: "requests/s", against, goal },
      { what: "servers/create with prices", ...creates, unit: "servers/s", against, goal },
    ];
  } finally {
    await priced.close();
  }
}

/** Prices of everything, and an account that has some subscriptions and the money for more. */
async function setPrices(cloud: Cloud): Promise<void> {
  const prices = ["cpu", "mem", "disk", "ip", "vlan", "xfer"].flatMap((resource) =>
    Object.entries(PRICE).map(([what, price]) => [`${resource}:${what}`, price]),
  );
  await cloud.make("pricing/set", { currency: "EUR", from: "now", ...Object.fromEntries(prices) });
  const [user] = cloud.auth.split(":");
  await cloud.make(`accounts/${user}/credit`, { amount: "1000000", reference: "bench" });
  for (const [resource, amount] of [
    ["cpu", 500],
    ["mem", 32],
    ["disk", "1G"],
  ] as const)
    await cloud.make("subscriptions/create", { resource, amount, period: "month" });
}

/** An active server, of which `speed` asks as fast as it can. */
async function info(cloud: Cloud) {
  const server = (await cloud.make("servers/create", SERVER)).get("server");
  const authorization = `Basic ${Buffer.from(cloud.auth).toString("base64")}`;
  return {
    speed: () => requestsPerSecond(`${cloud.url}servers/${server}/info`, authorization),
    end: () => cloud.act(`servers/${server}/destroy`),
  };
}

async function createsPerSecond(cloud: Cloud): Promise<number> {
  const start = performance.now();
  const made = await cloud.make("servers/create", SERVER);
  const taken = performance.now() - start;
  await cloud.act(`servers/${made.get("server")}/destroy`);
  return 1000 / taken;
}
