/** Planted bugs in what the page of the API's commands is made of. */
import type { Mutant } from "../mutant.ts";

const PAGE = ["console/test/commands.test.ts"];

export const COMMANDS_PAGE: readonly Mutant[] = [
  {
    name: "the description of the API does not say which commands are for admins",
    file: "src/http/openapi/operation.ts",
    find: '...(command.isAdmins === true ? { "x-role": "admin" } : {}),',
    replace: "",
    tests: PAGE,
  },
  {
    name: "what is a row of a form has no family",
    file: "src/http/openapi/field.ts",
    find: "    ...familyOf(key.pattern),\n",
    replace: "",
    tests: PAGE,
  },
];
