/** Planted bugs in users, credentials and what they may see. */
import type { Mutant } from "../mutant.ts";

const STRANGERS = "test/security/strangers.test.ts";
const CREDENTIALS = "test/security/credentials.test.ts";

export const ACCOUNTS: readonly Mutant[] = [
  {
    name: "remembered credentials never expire",
    file: "src/http/credentials.ts",
    find: "return found !== undefined && nowMs() < found.untilMs ? found.caller : null;",
    replace: "return found !== undefined ? found.caller : null;",
    tests: [CREDENTIALS],
  },
  {
    name: "any number of credentials is remembered",
    file: "src/http/credentials.ts",
    find: "verified.size < LIMIT",
    replace: "verified.size >= 0",
    tests: [CREDENTIALS],
  },
  {
    name: "refused credentials are remembered",
    file: "src/http/credentials.ts",
    find: '      if (caller === null) throw auth("no user has this UUID with this secret API key");\n      remember(authorization, caller);',
    replace:
      '      remember(authorization, { user: named.user } as Caller);\n      if (caller === null) throw auth("no user has this UUID with this secret API key");',
    tests: [CREDENTIALS],
  },
  {
    name: "the store keeps the secret itself",
    file: "src/accounts/users.ts",
    find: "key_sha256: sha256(user.secret),",
    replace: "key_sha256: user.secret,",
    tests: ["test/conformance/introduction.test.ts", "test/security.test.ts"],
  },
  {
    name: "any secret of a user passes",
    file: "src/accounts/users.ts",
    find: "return right ? (uuid as UserId) : null;",
    replace: "return right || secret !== '' ? (uuid as UserId) : null;",
    tests: ["test/conformance/introduction.test.ts"],
  },
  {
    name: "whose address it is is not asked",
    file: "src/resources/uses.ts",
    find: '    .where("user", "=", user)\n',
    replace: "",
    tests: [STRANGERS, "test/conformance/resources.test.ts"],
  },
  {
    name: "everybody may read every drive",
    file: "src/drives/drive.ts",
    find: "read: change || readers.includes(user) ||",
    replace: "read: true || readers.includes(user) ||",
    tests: ["src/drives/drive.test.ts"],
  },
  {
    name: "a reader sees the other readers",
    file: "src/drives/drive.ts",
    find: ".filter((reader) => reader === user || reader === EVERYBODY);",
    replace: ".filter((reader) => reader !== '');",
    tests: ["src/drives/drive.test.ts"],
  },
  {
    name: "a reader sees what a drive avoids",
    file: "src/drives/drive.ts",
    find: "const { avoid: _, ...kept } = drive.kept;",
    replace: "const { ...kept } = drive.kept;",
    tests: ["src/drives/drive.test.ts"],
  },
];
