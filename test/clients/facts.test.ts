/**
 * What real clients of the original service do on the wire, fact by fact, as their requests and what they are answered.
 * Libcloud's driver itself is in `libcloud.test.ts`.
 */
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { importInto } from "../../testing/images/import.ts";
import { prove, type Words } from "./facts/fact.ts";
import { FACTS, factTest } from "./facts/facts.ts";

describe("real clients", () => {
  let cloud: Cloud;
  const words: Words = {};

  before(async () => {
    cloud = await openCloud();
    for (const word of ["DRIVE", "DRIVETWO", "SPARE", "SPARETWO"]) {
      words[word] = (await cloud.make("drives/create", { name: "d", size: "1M" })).get("drive") ?? "";
    }
    words.IMAGE = "980cf63c-f21e-4382-997b-6541d5809629";
    await importInto(cloud, gzipSync("hello world"), { uuid: words.IMAGE });
    const least = { name: "stopped", cpu: 200, mem: 32 };
    words.STOPPED = (await cloud.make("servers/create/stopped", least)).get("server") ?? "";
  });
  after(() => cloud?.close());

  for (const fact of FACTS) it(factTest(fact), () => prove(cloud, fact, words));
});
