/** Planted bugs in users, credentials and what they may see. */
import type { Mutant } from "../mutant.ts";

const STRANGERS = "test/security/strangers.test.ts";
const CREDENTIALS = "src/http/credentials.test.ts";
const AUTHORIZE = "src/api/authorize.test.ts";
const DRIVE = "src/drives/drive.test.ts";
const REPEATS = "test/state/idempotency.test.ts";

export const ACCOUNTS: readonly Mutant[] = [
  {
    name: "remembered credentials never expire",
    file: "src/http/credentials.ts",
    find: "return found !== undefined && nowMs < found.untilMs ? found.caller : null;",
    replace: "return found !== undefined ? found.caller : null;",
    tests: [CREDENTIALS],
  },
  {
    name: "any number of credentials is remembered",
    file: "src/http/credentials.ts",
    find: "this.#verified.size < LIMIT",
    replace: "this.#verified.size >= 0",
    tests: [CREDENTIALS],
  },
  {
    name: "refused credentials are remembered",
    file: "src/http/credentials.ts",
    find: "    if (caller === null) {\n",
    replace:
      "    this.#remember(authorization, { user: named.user } as Caller);\n    if (caller === null) {\n",
    tests: [CREDENTIALS],
  },
  {
    name: "the store keeps the secret itself",
    file: "src/accounts/users.ts",
    find: "key_sha256: sha256(user.secret),",
    replace: "key_sha256: user.secret,",
    tests: ["test/security/strangers.test.ts"],
  },
  {
    name: "any secret of a user passes",
    file: "src/accounts/users.ts",
    find: "return right ? (uuid as UserId) : null;",
    replace: "return right || secret !== '' ? (uuid as UserId) : null;",
    tests: [STRANGERS],
  },
  {
    name: "whose address it is is not asked",
    file: "src/resources/uses.ts",
    find: '    .where("user", "=", user)\n',
    replace: "",
    tests: [STRANGERS],
  },
  {
    name: "everybody may read every object",
    file: "src/api/authorize.ts",
    find: "  return owner === user || standard ||",
    replace: "  return owner !== '' || standard ||",
    tests: [AUTHORIZE],
  },
  {
    name: "readers may change a drive",
    file: "src/api/authorize.ts",
    find: 'if (action === "change" && !mayChange(user, object)) {',
    replace: 'if (action === "change" && !mayChange(user, object) && !object.readers?.includes(user)) {',
    tests: [AUTHORIZE],
  },
  {
    name: "an object of another is refused in words of its own",
    file: "src/api/authorize.ts",
    find: "if (!mayRead(user, object)) throw noSuchObject(object);",
    replace: 'if (!mayRead(user, object)) throw missing("no_such_drive", "it is not yours");',
    tests: [AUTHORIZE],
  },
  {
    name: "a reader sees the other readers",
    file: "src/drives/drive.ts",
    find: "(reader) => reader === user || reader === EVERYBODY,",
    replace: '(reader) => reader !== "",',
    tests: [DRIVE],
  },
  {
    name: "a reader sees what a drive avoids",
    file: "src/drives/drive.ts",
    find: "const { avoid: _, ...attributes } = drive.attributes;",
    replace: "const { ...attributes } = drive.attributes;",
    tests: [DRIVE],
  },
  {
    name: "the Idempotency-Key is ignored",
    file: "src/operations/idempotency.ts",
    find: "const known = repeat === null ? null : await objectOf(tx, repeat);",
    replace: "const known = repeat !== undefined ? null : await objectOf(tx, repeat);",
    tests: [REPEATS],
  },
  {
    name: "an Idempotency-Key that was used for something else is taken",
    file: "src/operations/idempotency.ts",
    find: "if (row.fingerprint !== fingerprint)",
    replace: "if (row.fingerprint === '')",
    tests: [REPEATS],
  },
  {
    name: "an Idempotency-Key of one user is every user's",
    file: "src/operations/idempotency.ts",
    find: '    .select(["fingerprint", "object"])\n    .where("user", "=", user)\n',
    replace: '    .select(["fingerprint", "object"])\n    .where("user", "!=", user.slice(1))\n',
    tests: [REPEATS],
  },
  {
    name: "a creation that came to nothing keeps its Idempotency-Key",
    file: "src/drives/lifecycle/destroy.ts",
    find: "    await forgetKeyOf(tx, uuid);\n",
    replace: "",
    tests: [REPEATS],
  },
  {
    name: "a drive that is gone keeps its Idempotency-Key",
    file: "src/drives/lifecycle/destroy.ts",
    find: "    await retireKeyOf(tx, uuid);\n",
    replace: "",
    tests: [REPEATS],
  },
  {
    name: "a server that is gone keeps its Idempotency-Key",
    file: "src/servers/lifecycle/settle-end.ts",
    find: "  await retireKeyOf(tx, server.uuid);\n",
    replace: "",
    tests: [REPEATS],
  },
  {
    name: "no create hears of its Idempotency-Key",
    file: "src/http/serve.ts",
    find: 'idempotencyKeyOf(request.headers["idempotency-key"]);',
    replace: 'idempotencyKeyOf(request.headers["idempotency-key"]) && null;',
    tests: ["src/http/request.test.ts"],
  },
  {
    name: "a server's creation is repeated with its Idempotency-Key",
    file: "src/servers/commands.ts",
    find: "repeatOf(caller.user, idempotencyKey, path, input)",
    replace: "repeatOf(caller.user, idempotencyKey && null, path, input)",
    tests: ["test/conformance/repeats.test.ts"],
  },
  {
    name: "the operator's socket is open to all",
    file: "src/operator/server.ts",
    find: "await chmod(socket, 0o600);",
    replace: "await chmod(socket, 0o666);",
    tests: ["src/operator/operator.test.ts"],
  },
];
