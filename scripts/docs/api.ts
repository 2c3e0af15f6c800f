/** `docs/api.md`: the description of the API for people, made of its description in OpenAPI. */
import type { OpenApi } from "../../src/http/openapi/openapi.ts";

type Schema = {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
};

type Content = Readonly<Record<string, { readonly schema?: Schema; readonly example?: unknown }>>;

type Operation = {
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description: string;
    readonly example?: string;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly content?: Content }>>;
};

type Errors = Readonly<Record<string, { readonly description: string }>>;

const INTRODUCTION = `# The API

The whole of it is also there for programs: a running Lodge answers \`GET /openapi.json\`, without credentials, in OpenAPI
3.1. This document is made from that by \`npm run docs\`.`;

/** @returns Markdown */
export function apiDocument({ info, tags, paths, components }: OpenApi): string {
  const { description } = info as { description: string };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Operation>).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
    })),
  );
  const chapters = tags.flatMap(({ name }) => [
    `## ${name}`,
    ...operations
      .filter(({ operation }) => operation.tags.includes(name))
      .map(({ path, method, operation }) => section(path, method, operation)),
  ]);
  const schemas = Object.entries(components.schemas).map(([name, schema]) => keys(name, schema as Schema));
  return [
    INTRODUCTION,
    description,
    errors(components.responses as Errors),
    ...chapters,
    "## Keys",
    ...schemas,
  ]
    .join("\n\n")
    .concat("\n");
}

function errors(responses: Errors): string {
  const rows = Object.values(responses).flatMap(({ description }) =>
    [...description.matchAll(/`(\w+)`: ([^`]+?)(?= `|$)/g)].map(
      ([, type, meaning]) => `| ${type} | ${meaning} |`,
    ),
  );
  return ["| error type | meaning |", "| --- | --- |", ...rows].join("\n");
}

function section(
  path: string,
  method: string,
  { summary, parameters = [], requestBody, responses }: Operation,
) {
  const [status = "", success] = Object.entries(responses)[0] ?? [];
  const words = parameters.map(({ name, description }) => `- \`${name}\`: ${description}`);
  const taken = kindOf(requestBody?.content);
  const answered = kindOf(success?.content);
  const told = [
    ...(taken === null ? [] : [`Takes ${taken}.`]),
    `Answers ${status}${answered === null ? "" : ` with ${answered}`}.`,
  ];
  const request = requestBody?.content["text/plain"]?.example;
  const target = parameters.reduce(
    (text, { name, example }) => text.replace(`{${name}}`, example ?? ""),
    path,
  );
  const answer = success?.content?.["text/plain"]?.example;
  return [
    `### ${summary}\n\n\`${method} ${path}\``,
    ...(words.length === 0 ? [] : [words.join("\n")]),
    told.join(" "),
    fenced(`${method} ${target}${typeof request === "string" ? `\n\n${request}` : ""}`),
    ...(typeof answer === "string" ? [fenced(answer)] : []),
  ].join("\n\n");
}

/** What a body holds, with where its keys are listed. */
function kindOf(content: Content | undefined): string | null {
  if (content === undefined) return null;
  const schema = content["application/json"]?.schema;
  if (schema === undefined) return "bytes";
  const name = (schema.$ref ?? schema.items?.$ref)?.split("/").at(-1);
  if (name === undefined) {
    const values = Object.keys(schema.items?.properties ?? {}).map((key) => `\`${key}\``);
    return `a list of ${values.join(", ")}`;
  }
  const link = `[${name}](#${name.toLowerCase()})`;
  return schema.items === undefined ? `the keys of ${link}` : `objects with the keys of ${link}`;
}

function keys(name: string, { properties = {}, patternProperties = {}, required = [] }: Schema): string {
  const all = [...Object.entries(properties), ...Object.entries(patternProperties)];
  const rows = all.map(([key, { title = key, description = "", deprecated }]) => {
    const shown = deprecated ? key : title;
    return `| \`${shown}\` | ${description.replaceAll("|", "\\|")} | ${required.includes(key) ? "yes" : ""} |`;
  });
  return [`### ${name}`, "", "| key | value | always |", "| --- | --- | --- |", ...rows].join("\n");
}

const fenced = (text: string) => `\`\`\`\n${text.trimEnd()}\n\`\`\``;
