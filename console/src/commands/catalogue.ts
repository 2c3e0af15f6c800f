/** The commands of the API as its own description has them, each with what a form for it needs. */
import { type OpenApi, type Operation, openApiQuery, type WholeForm, wholeFormOf } from "../api/fields.ts";

export type Parameter = {
  readonly name: string;
  readonly help: string;
  readonly example: string;
  /** All that it may be; empty where that is more. */
  readonly choices: readonly string[];
};

export type Command = {
  readonly id: string;
  /** Its words; those in capitals are parameters. */
  readonly path: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly summary: string;
  readonly chapter: string;
  readonly isReading: boolean;
  readonly isAdmins: boolean;
  readonly takes: "nothing" | "properties" | "bytes";
  readonly returnsBytes: boolean;
  readonly form: WholeForm;
};

const BYTES = "application/octet-stream";
const NO_FORM: WholeForm = { fields: [], families: [] };

export const catalogueQuery = { ...openApiQuery, select: catalogueOf };

function catalogueOf(api: OpenApi): readonly Command[] {
  return Object.entries(api.paths).flatMap(([template, { get, post }]) => {
    const operation = get ?? post;
    return operation === undefined ? [] : [commandOf(api, template, operation, get !== undefined)];
  });
}

function commandOf(api: OpenApi, template: string, operation: Operation, isReading: boolean): Command {
  const { operationId, summary, tags, parameters = [], requestBody, responses } = operation;
  const content = requestBody?.content;
  const schema = content?.["application/json"]?.schema?.$ref?.split("/").at(-1);
  return {
    ...{ id: operationId, summary, chapter: tags[0] ?? "", isReading },
    path: template
      .split("/")
      .filter((word) => word !== "")
      .map((word) => word.replace(/^\{(.*)\}$/, "$1")),
    parameters: parameters
      .filter((parameter) => parameter.in === "path")
      .map(({ name, description = "", example = "", schema }) => ({
        ...{ name, help: description, example, choices: schema?.enum ?? [] },
      })),
    isAdmins: operation["x-role"] === "admin",
    takes: content === undefined ? "nothing" : content[BYTES] === undefined ? "properties" : "bytes",
    returnsBytes: responses["200"]?.content?.[BYTES] !== undefined,
    form: schema === undefined ? NO_FORM : wholeFormOf(api.components.schemas[schema] ?? {}),
  };
}

/** Those that have all of the words in their path or their summary. */
export function found(commands: readonly Command[], query: string): readonly Command[] {
  const words = query
    .toLowerCase()
    .split(/[\s/]+/)
    .filter(Boolean);
  return commands.filter(({ path, summary }) => {
    const all = `${path.join("/")} ${summary}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** Whether nothing undoes it. */
export const isDestroying = ({ path }: Command) => ["destroy", "close"].includes(path.at(-1) ?? "");
