/** All facts, in the order of their numbers, and what a fact's test is called. */
import { CLOUDSCRAPER_FACTS } from "./cloudscraper.ts";
import type { Fact } from "./fact.ts";
import { JCLOUDS_FACTS } from "./jclouds.ts";
import { JSON_FACTS } from "./json.ts";
import { SHELL_FACTS } from "./shell.ts";

export const FACTS: readonly Fact[] = [
  ...SHELL_FACTS,
  ...JSON_FACTS,
  ...JCLOUDS_FACTS,
  ...CLOUDSCRAPER_FACTS,
].sort((one, other) => one.fact - other.fact);

export const factTest = ({ fact, name }: Fact) => `fact ${fact}: ${name}`;
