/** Planted bugs in what the API does for pages in a browser. */
import type { Mutant } from "../mutant.ts";

const KEY_AT_FAULT = "src/http/key-at-fault.test.ts";
const FIELD = "src/http/openapi/field.test.ts";
const CAN = "test/state/can.test.ts";
const RULES_ALONE = "src/api/rules-alone.test.ts";
const CHALLENGE = "src/http/challenge.test.ts";

export const FACES: readonly Mutant[] = [
  {
    name: "a key at fault is told with any status",
    file: "src/http/respond.ts",
    find: "key.length > MOST_KEY_CHARACTERS || statusOf(error) !== 400",
    replace: "key.length > MOST_KEY_CHARACTERS",
    tests: [KEY_AT_FAULT],
  },
  {
    name: "a key at fault is told however long it is",
    file: "src/http/respond.ts",
    find: "key.length > MOST_KEY_CHARACTERS || statusOf(error) !== 400",
    replace: "statusOf(error) !== 400",
    tests: [KEY_AT_FAULT],
  },
  {
    name: "a key at fault goes into a header as it came",
    file: "src/http/respond.ts",
    find: "key.toWellFormed().replace(NOT_PLAIN, encodeURIComponent)",
    replace: "key",
    tests: [KEY_AT_FAULT],
  },
  {
    name: "a key whose value is wrong is not told",
    file: "src/api/input.ts",
    find: "      key: name,\n",
    replace: "",
    tests: [KEY_AT_FAULT],
  },
  {
    name: "scripts of pages are challenged, whose browser then asks for a password itself",
    file: "src/http/respond.ts",
    find: '"auth" && !isAskedByScript(response)',
    replace: '"auth"',
    tests: [CHALLENGE],
  },
  {
    name: "whoever opens an address in a browser is not challenged",
    file: "src/http/respond.ts",
    find: 'mode !== undefined && mode !== "navigate"',
    replace: "mode !== undefined",
    tests: [CHALLENGE],
  },
  {
    name: "a bound that forms are told is not what the key takes",
    file: "src/http/openapi/field.ts",
    find: "{ most: maximum }",
    replace: "{ most: maximum + 1 }",
    tests: [FIELD],
  },
  {
    name: "forms are told of some choices alone",
    file: "src/http/openapi/field.ts",
    find: "const number = ways.find",
    replace: "choices.splice(1);\n  const number = ways.find",
    tests: [FIELD],
  },
  {
    name: "a default that forms are told does not hold",
    file: "src/servers/keys.ts",
    find: 'default: "false",',
    replace: 'default: "true",',
    tests: [FIELD],
  },
  {
    name: "forms are not told that a key names drives",
    file: "src/http/openapi/field.ts",
    find: "...(refers === undefined ? {} : { refers }),",
    replace: '...(refers === undefined || refers === "drive" ? {} : { refers }),',
    tests: [FIELD],
  },
  {
    name: "a medium is a row of its own in a form",
    file: "src/http/openapi/field.ts",
    find: 'pattern.slice(0, pattern.lastIndexOf("]") + 1)',
    replace: "pattern",
    tests: [FIELD],
  },
  {
    name: "a shown drive that is imaged from is one that a server has",
    file: "src/drives/can.ts",
    find: "uuids.filter((claimant) => !isDrive(claimant))",
    replace: "uuids",
    tests: [CAN],
  },
  {
    name: "a shown drive that waits to be imaged is free",
    file: "src/drives/can.ts",
    find: "imaging: imaging === undefined ? null",
    replace: 'imaging: imaging === undefined || imaging === "queued" ? null',
    tests: [CAN],
  },
  {
    name: "a key of a stopped server is shown as one that can be set now",
    file: "src/api/settable.ts",
    find: 'moment === "active" && settable',
    replace: 'moment === "create" && settable',
    tests: [CAN],
  },
  {
    name: "the rules about servers need Node",
    file: "src/servers/can.ts",
    find: 'import type { Reason } from "../api/reason.ts";',
    replace: 'import { type Reason, ensure } from "../api/reason.ts";\nvoid ensure;',
    tests: [RULES_ALONE],
  },
];
