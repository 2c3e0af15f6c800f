/** What has to be there before the facts are proven one after the other. */
import { gzipSync } from "node:zlib";
import type { Cloud } from "../../../testing/cloud.ts";
import { importInto } from "../../../testing/images/import.ts";
import type { Words } from "./fact.ts";

/** Makes it, and answers the words for it. */
export async function makeWords(cloud: Cloud): Promise<Words> {
  const words: Words = {};
  for (const word of ["DRIVE", "DRIVETWO", "SPARE", "SPARETWO"]) {
    words[word] = (await cloud.make("drives/create", { name: "d", size: "1M" })).get("drive") ?? "";
  }
  words.IMAGE = "980cf63c-f21e-4382-997b-6541d5809629";
  await importInto(cloud, gzipSync("hello world"), { uuid: words.IMAGE });
  const least = { name: "stopped", cpu: 200, mem: 32 };
  words.STOPPED = (await cloud.make("servers/create/stopped", least)).get("server") ?? "";
  return words;
}
