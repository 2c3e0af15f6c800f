/** The API described in OpenAPI 3.1, read off the table of commands. */
import type { Key } from "../../api/key.ts";
import { routesOf } from "../route.ts";
import { ERROR_RESPONSES } from "./errors.ts";
import { inputName, isParameter, nounOf } from "./names.ts";
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
between objects, and \`application/json\`.

Commands that read answer GET, HEAD and POST alike; commands that change answer POST alone. The header
\`X-Elastic-Output\` tells the kind of data that is answered, \`X-Elastic-Error\` the type of an error.`.trim();

/** Describes `commands`. Errors: what is amiss in their table, such as a command without an example. */
export function openApi(commands: readonly Described[]): OpenApi {
  const paths: Record<string, object> = {};
  const schemas = new Map<string, { keys: readonly Key[]; schema: JsonSchema }>();
  const declare = (name: string, keys: readonly Key[], schemaOf: (keys: readonly Key[]) => JsonSchema) => {
    const declared = schemas.get(name);
    if (declared === undefined) schemas.set(name, { keys, schema: schemaOf(keys) });
    else if (declared.keys !== keys) throw new Error(`there are two tables of keys for ${name}`);
  };
  for (const command of commands) {
    const whole = checked(command);
    for (const { words } of routesOf(command)) {
      const { takes, returns, keys, answers } = whole;
      if (takes === "properties") declare(inputName(words), keys, inputSchema);
      if (returns === "properties" || returns === "properties list") {
        declare(nounOf(words), answers, answerSchema);
      }
      const path = words.map((word) => (isParameter(word) ? `/{${word}}` : `/${word}`)).join("");
      paths[path] = { [command.effect === "reads" ? "get" : "post"]: operation(whole, words) };
    }
  }
  const nouns = commands.flatMap((command) => routesOf(command).map(({ words }) => words[0] ?? ""));
  const tags = [...new Set(nouns)].map((name) => ({ name }));
  return {
    openapi: "3.1.0",
    info: { title: "Lodge: the ElasticHosts API", version: "1.0.0", description: DESCRIPTION },
    servers: [{ url: "/" }],
    security: [{ basic: [] }],
    tags,
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].map(([name, { schema }]) => [name, schema])),
      responses: ERROR_RESPONSES,
      securitySchemes: {
        basic: { type: "http", scheme: "basic", description: "the user's uuid and his secret API key" },
      },
    },
  };
}

function checked(command: Described): Whole {
  const { path, takes, returns, keys, answers, example } = command;
  const hasData = returns !== "nothing" && returns !== "bytes";
  if (takes === "properties" && keys === undefined) throw new Error(`${path} declares no keys`);
  if (hasData && answers === undefined) throw new Error(`${path} declares no keys that it answers`);
  if (example === undefined) throw new Error(`${path} declares no example`);
  return { ...command, keys: keys ?? [], answers: answers ?? [], example };
}
