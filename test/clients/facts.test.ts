/**
 * What real clients of the original service do on the wire, fact by fact, as their requests and what they are answered.
 * Libcloud's driver itself is in `libcloud.test.ts`.
 */
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../cloud.ts";
import { prove, type Words } from "./facts/fact.ts";
import { FACTS, factTest } from "./facts/facts.ts";

describe("real clients", () => {
  let cloud: Cloud;
  const words: Words = {};

  before(async () => {
    cloud = await openCloud();
    for (const word of ["DRIVE", "DRIVETWO", "SPARE"]) {
      words[word] = (await cloud.make("drives/create", { name: "d", size: "1M" })).get("drive") ?? "";
    }
    const least = { name: "stopped", cpu: 200, mem: 32 };
    words.STOPPED = (await cloud.make("servers/create/stopped", least)).get("server") ?? "";
  });
  after(() => cloud?.close());

  for (const fact of FACTS) it(factTest(fact), () => prove(cloud, fact, words));
});
