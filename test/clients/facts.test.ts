/**
 * What real clients of the original service do on the wire, fact by fact, as their requests and what they are answered.
 * Libcloud's driver itself is in `libcloud.test.ts`.
 */
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../cloud.ts";
import { prove, type Words } from "./facts/fact.ts";
import { JCLOUDS_FACTS } from "./facts/jclouds.ts";
import { JSON_FACTS } from "./facts/json.ts";
import { SHELL_FACTS } from "./facts/shell.ts";

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

  const facts = [...SHELL_FACTS, ...JSON_FACTS, ...JCLOUDS_FACTS].sort((a, b) => a.fact - b.fact);
  for (const fact of facts) {
    it(`fact ${fact.fact}: ${fact.name}`, () => prove(cloud, fact, words));
  }
});
