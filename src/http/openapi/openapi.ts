/** The API described in OpenAPI 3.1, read off the table of commands. */
import type { Key } from "../../api/key.ts";
import { expandPath, isParameter } from "../../api/path.ts";
import { errorResponses, type Statuses } from "./errors.ts";
import { answerName, chapterOf, inputName } from "./names.ts";
import { type Described, operation, type Whole } from "./operation.ts";
import { answerSchema, inputSchema, type JsonSchema } from "./schema.ts";

export type OpenApi = {
  readonly openapi: string;
  readonly info: object;
  readonly servers: readonly object[];
  readonly security: readonly object[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, object>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly responses: object;
    readonly securitySchemes: object;
  };
};

const DESCRIPTION = `
Drives, servers and resources are objects of keys and values. They are sent and answered in either of two content types,
chosen independently: \`text/plain\` (the default), a line for each key with a space before its value and an empty line
between objects, and \`application/json\`. In text the last line of a key counts; in JSON a list is taken for the keys
that list several things alone.

Commands that read answer GET, HEAD and POST alike; commands that change answer POST alone. The header
\`X-Elastic-Output\` tells the kind of data that is answered. Of an error, \`X-Elastic-Error\` tells the type,
\`X-Lodge-Error\` a code that is finer, and the body is a sentence in plain text. With a 400 that is about one key,
\`X-Elastic-Key\` tells which.

A page in a browser begins a session, \`POST session\`, and asks with its cookie from then on: reading from pages of the same origin
(\`Sec-Fetch-Site\`), changing with \`Content-Type: application/json\`, or \`application/octet-stream\` for bytes. Who comes with
\`Authorization\` is who that says. In place of a key, \`Authorization: Bearer CODE\` begins one session with a code that \`lodge console\` made.
With a ticket, which a browser can send where it can send no \`Authorization\`, \`GET screen/TICKET\` is a WebSocket: binary messages of RFB
(RFC 6143), without a password, in both directions. \`GET serial/TICKET\` is one of a serial port's bytes: its first message is the last
256 KiB of what the server said before, all others are what it says from then on, and what is sent, in messages of 64 KiB at most, the guest
reads. Both take pages of the same origin alone.

Where a value is text of several lines (\`ssh:keys\`, \`user-data\`), the two characters \`\\n\` stand for a newline, \`\\t\` for a tab and
\`\\\\\` for a backslash; a backslash before anything else is itself. It is answered as it came, but for \`user-data\`, which may hold secrets and
is answered to nobody. Both are read by the guest, off a CD with the label \`cidata\` (cloud-init's NoCloud), which it has beside its drives; other keys
or other user data make the guest take them anew at its next start.

In \`openapi.json\`, \`x-lodge\` of each key has as data what a form needs: its unit, bounds, choices and default, the kind of objects
that it \`refers\` to, when it is settable (\`create\`, or by set while the object is \`stopped\` or \`active\`), the family of keys that are
one row, with what a row may be called, and the group and rank by which fields are put in order. Of a command that the operator does not
have done, \`x-lodge\` says that it is not \`offered\`.

Every answer has a header \`X-Request-Id\`, which names the request in the cloud's log: the caller's own where they sent one.
A command that creates takes a header \`Idempotency-Key\`, the caller's own name for that creation.

A key opens what its scope says: everything, what reads, or the commands whose paths begin with the words it names. Commands on
\`accounts\` and \`events\` are there for accounts whose role is \`admin\` alone, as is the header \`X-Elastic-User\`, by which any command is
one of the account whose uuid it has. To all others there are no such commands and accounts: 404 \`missing\`. In \`openapi.json\`,
\`x-role\` of such a command is \`admin\`.`.trim();

const SESSIONS =
  "what POST session has a browser keep; it counts where Sec-Fetch-Site is same-origin, and with a change where the Content-Type is application/json, or application/octet-stream for bytes; on loopback in clear its name is lodge-PORT, and begins no other session";

/**
 * Describes `commands`. Errors: what is amiss in their table, such as a command without an example.
 *
 * @param statuses the statuses that bear errors
 */
export function openApi(commands: readonly Described[], statuses: Statuses): OpenApi {
  const paths: Record<string, object> = {};
  const whole = commands.map(checked);
  for (const command of whole) {
    for (const path of expandPath(command.path)) {
      const template = path.map((word) => (isParameter(word) ? `/{${word}}` : `/${word}`)).join("");
      paths[template] = {
        [command.effect === "reads" ? "get" : "post"]: operation(command, path, statuses),
      };
    }
  }
  const chapters = commands.flatMap(({ path }) => expandPath(path).map(chapterOf));
  return {
    openapi: "3.1.0",
    info: { title: "Lodge: the ElasticHosts API", version: "1.0.0", description: DESCRIPTION },
    servers: [{ url: "/" }],
    security: [{ basic: [] }, { session: [] }],
    tags: [...new Set(chapters)].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemasOf(whole),
      responses: errorResponses(statuses),
      securitySchemes: {
        basic: { type: "http", scheme: "basic", description: "the user's uuid and their secret API key" },
        session: { type: "apiKey", in: "cookie", name: "__Host-lodge", description: SESSIONS },
        code: {
          type: "http",
          scheme: "bearer",
          description: "a code that begins one session, within minutes",
        },
      },
    },
  };
}

/** The schemas of what is taken and answered, by the names under which operations refer to them. */
function schemasOf(commands: readonly Whole[]): Record<string, JsonSchema> {
  const schemas = new Map<string, { keys: readonly Key[]; schema: JsonSchema }>();
  const declare = (name: string, keys: readonly Key[], schemaOf: (keys: readonly Key[]) => JsonSchema) => {
    const declared = schemas.get(name);
    if (declared === undefined) schemas.set(name, { keys, schema: schemaOf(keys) });
    else if (declared.keys !== keys) throw new Error(`there are two tables of keys for ${name}`);
  };
  for (const { path, takes, returns, keys, answers, answersAs } of commands) {
    for (const words of expandPath(path)) {
      if (takes === "properties") declare(inputName(words), keys, inputSchema);
      if (returns === "properties" || returns === "properties list" || returns === "events") {
        declare(answersAs ?? answerName(words), answers, answerSchema);
      }
    }
  }
  return Object.fromEntries([...schemas].map(([name, { schema }]) => [name, schema]));
}

function checked(command: Described): Whole {
  const { path, takes, returns, keys, answers, example } = command;
  const hasData = returns !== "nothing" && returns !== "bytes";
  if (takes === "properties" && keys === undefined) throw new Error(`${path} declares no keys`);
  if (hasData && answers === undefined) throw new Error(`${path} declares no keys that it answers`);
  if (example === undefined) throw new Error(`${path} declares no example`);
  return { ...command, keys: keys ?? [], answers: answers ?? [], example };
}
