/** `docs/api.md`: the description of the API for people, made of its description in OpenAPI and of the error table. */
import { ERRORS_OF_ALL, ERRORS_OF_BODIES } from "../../src/api/command-errors.ts";
import { ERROR_CODES, ERROR_TYPES, type ErrorCode, type ErrorType } from "../../src/base/error-codes.ts";
import type { Statuses } from "../../src/http/openapi/errors.ts";
import type { OpenApi } from "../../src/http/openapi/openapi.ts";

type Schema = {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly items?: Schema;
  readonly contentSchema?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Keys and patterns of keys, in the order of answers. */
  readonly "x-key-order"?: readonly string[];
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
  /** Of errors that are its own, in order. */
  readonly "x-error-codes": readonly string[];
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly content?: Content }>>;
};

const INTRODUCTION = `# The API

The whole of it is also there for programs: a running Lodge answers \`GET /openapi.json\`, without credentials, in OpenAPI
3.1. This document is made from that by \`npm run docs\`.

The \`curl\` lines are for a shell in which \`EHURI\` is the API's URL and \`EHAUTH\` is \`USER:SECRET\`, the user's uuid and
their secret API key; \`-H "Accept: application/json"\` asks for JSON.`;

/** @returns Markdown */
export function apiDocument({ info, tags, paths, components }: OpenApi, statuses: Statuses): string {
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
  return [INTRODUCTION, description, errors(statuses), ...chapters, "## Keys", ...schemas]
    .join("\n\n")
    .concat("\n");
}

function errors(statuses: Statuses): string {
  const types = Object.entries(ERROR_TYPES).map(
    ([type, means]) => `| \`${type}\` | ${statuses.ofType[type as ErrorType]} | ${means} |`,
  );
  const codes = Object.entries(ERROR_CODES).map(([code, { type, means }]) => {
    const status = statuses.ofCode[code as ErrorCode] ?? statuses.ofType[type];
    return `| \`${code}\` | \`${type}\` | ${status} | ${means} |`;
  });
  return [
    "## Errors",
    ["| X-Elastic-Error | status | meaning |", "| --- | --- | --- |", ...types].join("\n"),
    "A code keeps its meaning, whatever becomes of the sentence. An error without a code of its own bears its type as one.",
    ["| X-Lodge-Error | X-Elastic-Error | status | meaning |", "| --- | --- | --- | --- |", ...codes].join(
      "\n",
    ),
    "Each command below lists the codes that are its own. Besides those,",
    [
      `- every command can end in ${codeList(ERRORS_OF_ALL)};`,
      `- one that takes properties in ${codeList(ERRORS_OF_BODIES.properties)};`,
      `- one that takes bytes in ${codeList(ERRORS_OF_BODIES.bytes)};`,
      `- one that takes neither, where something came, in ${codeList(ERRORS_OF_BODIES.nothing)}.`,
    ].join("\n"),
  ].join("\n\n");
}

const EVENTS = "text/event-stream";

const codeList = (codes: readonly string[]) =>
  [...codes]
    .sort()
    .map((code) => `\`${code}\``)
    .join(", ");

function section(path: string, method: string, operation: Operation): string {
  const { summary, parameters = [], requestBody, responses, "x-error-codes": own } = operation;
  const [status = "", success] = Object.entries(responses)[0] ?? [];
  const given = parameters.map(({ name, in: where, description }) =>
    where === "path" ? `- \`${name}\`: ${description}` : `- header \`${name}\`, optional: ${description}`,
  );
  const taken = kindOf(requestBody?.content);
  const answered = kindOf(success?.content);
  const told = [
    ...(taken === null ? [] : [`Takes ${taken}.`]),
    `Answers ${status}${answered === null ? "" : ` with ${answered}`}.`,
  ];
  const answer = (success?.content?.["text/plain"] ?? success?.content?.[EVENTS])?.example;
  return [
    `### ${method} ${path}`,
    `${summary}.`,
    ...(given.length === 0 ? [] : [given.join("\n")]),
    told.join(" "),
    fenced(curl(path, method, operation), "sh"),
    ...(typeof answer === "string" ? [fenced(answer)] : []),
    own.length === 0 ? "[Errors](#errors): none of its own." : `[Errors](#errors): ${codeList(own)}.`,
  ].join("\n\n");
}

/** The line for a shell that sends the example. */
function curl(path: string, method: string, { parameters = [], requestBody, responses }: Operation): string {
  const target = parameters.reduce(
    (text, { name, example }) => text.replace(`{${name}}`, example ?? ""),
    path,
  );
  const request = requestBody?.content["text/plain"]?.example;
  const [success] = Object.values(responses);
  return [
    'curl -u "$EHAUTH"',
    ...(method === "POST" && requestBody === undefined ? ["-X POST"] : []),
    ...(typeof request === "string"
      ? ['-H "Content-Type: text/plain"', `--data-binary '${request.trimEnd()}'`]
      : []),
    ...(kindOf(requestBody?.content) === "bytes"
      ? ['-H "Content-Type: application/octet-stream"', "--data-binary @FILE"]
      : []),
    ...(kindOf(success?.content) === "bytes" ? ["-o FILE"] : []),
    ...(success?.content?.[EVENTS] === undefined ? [] : ["-N"]),
    `"$EHURI${target}"`,
  ].join(" ");
}

/** What a body holds, with where its keys are listed. */
function kindOf(content: Content | undefined): string | null {
  if (content === undefined) return null;
  const told = content[EVENTS]?.schema;
  if (told !== undefined) {
    const name = told.contentSchema?.$ref?.split("/").at(-1) ?? "";
    return `server-sent events, whose data are the keys of [${name}](#${name.toLowerCase()})`;
  }
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

function keys(name: string, schema: Schema): string {
  const { properties = {}, patternProperties = {}, required = [], "x-key-order": order = [] } = schema;
  const patterns = Object.values(patternProperties);
  const rows = order.map((key) => {
    const { description = "" } = properties[key] ?? patterns.find(({ title }) => title === key) ?? {};
    return `| \`${key}\` | ${description.replaceAll("|", "\\|")} | ${required.includes(key) ? "yes" : ""} |`;
  });
  return [`### ${name}`, "", "| key | value | always |", "| --- | --- | --- |", ...rows].join("\n");
}

const fenced = (text: string, language = "") => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
