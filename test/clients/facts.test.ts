/**
 * What real clients of the original service do on the wire, fact by fact, as their requests and what they are answered.
 * Libcloud's driver itself is in `libcloud.test.ts`.
 */
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { prove, type Words } from "./facts/fact.ts";
import { FACTS, factTest } from "./facts/facts.ts";
import { makeWords } from "./facts/words.ts";

describe("real clients", () => {
  let cloud: Cloud;
  let words: Words = {};

  before(async () => {
    cloud = await openCloud();
    words = await makeWords(cloud);
  });
  after(() => cloud?.close());

  for (const fact of FACTS) it(factTest(fact), () => prove(cloud, fact, words));
});
