/** Beyond the specification's text: what clients of the original service do, by the numbers under which it is known. */
import { FACTS, factTest } from "../../clients/facts/facts.ts";
import {
  type Chapter,
  clients,
  images,
  imaging,
  imagingOnHost,
  libcloud,
  resourcesAtOnce,
  type Shown,
  servers,
  type Test,
  tools,
} from "./row.ts";

const FACTS_IN_SHORT: readonly string[] = [
  "every command by POST, properties under any content type",
  "doubled and trailing slashes",
  "the upload tools",
  "input and output types are independent",
  "empty bodies under any type, no length, Accept-Encoding",
  "Libcloud",
  "jclouds",
  "jclouds waits for an imaging by `claimed`",
  "jclouds sets size 0 and the address that auto gave",
  "shutdown, stop, destroy, and the drive straight after",
  "standard drives are imaged with gunzip, padding is no error",
  "numbers in JSON, null",
  "fog",
  "curl -d @file",
  "lines of key, space, value",
  "errors",
  "the last line of a key counts, an empty line at the end",
];

/** What is shown elsewhere of a fact than where facts are tested. */
const ELSEWHERE: Readonly<Record<number, readonly Test[]>> = {
  3: tools(
    "of a drive that an upload made, chunks of zeroes are not sent, nor the zeroes at the ends of others",
    "a drive that an upload did not make is sent every chunk, zeroes and holes too",
    "an upload that fails for good says up to where all has arrived, and resumes there",
  ),
  7: images("are read by every user, and are in nobody's own lists"),
  6: libcloud(
    "list_nodes takes a node that boots from a list of devices",
    "reboot_node resets a running node, which stays up since when it was",
    "destroy_node, and the drive may be destroyed straight after",
    "create_node images a standard image onto a new drive, waits for that, and starts a node on it",
  ),
  8: imaging("claimed of a target names its source, and claimed of a source the targets of who asks"),
  9: [
    ...servers("a configuration that echoes the address that auto once gave is accepted"),
    ...resourcesAtOnce(
      "a temporary address that is sent back as fixed is preferred, time after time, and is no resource",
    ),
  ],
  11: imagingOnHost(
    "a drive that is imaged with gunzip is taken whole or refused, and then its target reads as zeroes",
  ),
  13: servers("DHCP without a model implies e1000, and old names are taken"),
};

const shown = (number: number): readonly Test[] => [
  ...clients(...FACTS.filter(({ fact }) => fact === number).map(factTest)),
  ...(ELSEWHERE[number] ?? []),
];

const says: Shown = Object.fromEntries(
  FACTS_IN_SHORT.map((text, index) => [`${index + 1}: ${text}`, shown(index + 1)]),
);

const LISTED = images(
  "are listed and described under both spellings, to every user, in text/plain",
  "are listed and described under both spellings, to every user, in application/json",
);
const DESCRIBED = images("are read by every user, and are in nobody's own lists");

export const CLIENTS: Chapter = {
  title: "Real clients",
  tables: [
    { title: "What real clients do on the wire", says },
    ...["drives/standard/list", "drives/list/standard"].map((command) => ({
      title: `Standard images by ${command}`,
      command,
      row: LISTED,
    })),
    ...["drives/standard/info", "drives/info/standard"].map((command) => ({
      title: `Standard images by ${command}`,
      command,
      row: LISTED,
      answers: { media: DESCRIBED, format: DESCRIBED, rawsize: DESCRIBED },
    })),
  ],
};
