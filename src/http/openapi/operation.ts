/** One command as an operation of OpenAPI: parameters, body, answers in both content types, errors, examples. */
import type { Command, Example } from "../../api/command.ts";
import { PARAMS } from "../../api/params.ts";
import { isParameter, type Path } from "../../api/path.ts";
import type { Properties } from "../../api/properties.ts";
import { eventTexts } from "../formats/events.ts";
import { type Format, writeAll } from "../formats/format.ts";
import { json } from "../formats/json.ts";
import { text } from "../formats/text.ts";
import { errorsOf, type Statuses } from "./errors.ts";
import { CONTENT_ENCODING, IDEMPOTENCY_KEY, LAST_EVENT_ID, REQUEST_ID } from "./headers.ts";
import { answerName, chapterOf, inputName, operationId } from "./names.ts";
import { answerSchema, type JsonSchema, valueOfParam } from "./schema.ts";

/** What is described of a command. */
export type Described = Omit<Command, "run">;

/** A command that is declared with all that its description takes. */
export type Whole = Described & Required<Pick<Described, "keys" | "answers" | "example">>;

const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/**
 * @param path a path of the command, with or without its optional word
 * @param statuses the statuses that bear errors
 */
export function operation(command: Whole, path: Path, statuses: Statuses): object {
  return {
    operationId: operationId(path),
    summary: command.summary,
    tags: [chapterOf(path)],
    ...(command.isAdmins === true ? { "x-role": "admin" } : {}),
    ...(command.isOffered === false ? { "x-lodge": { offered: false } } : {}),
    ...(command.session === "begins" ? { security: [{ basic: [] }, { code: [] }] } : {}),
    ...parametersOf(command, path),
    ...bodyOf(command, path),
    /** Of errors that are its own; those that others can end in too are in the responses. */
    "x-error-codes": [...new Set(command.errors)].sort(),
    responses: { ...success(command, path), ...errorsOf(command.effect, statuses) },
  };
}

function parametersOf({ takes, returns, example }: Whole, path: Path): object {
  const inPath = path.filter(isParameter).map((word) => ({
    name: word,
    in: "path",
    required: true,
    description: PARAMS[word]?.is,
    schema: valueOfParam(word),
    example: example.params?.[word],
  }));
  const parameters = [
    ...inPath,
    ...(takes === "bytes" ? [CONTENT_ENCODING] : []),
    ...(path.includes("create") ? [IDEMPOTENCY_KEY] : []),
    ...(returns === "events" ? [LAST_EVENT_ID] : []),
  ];
  return parameters.length === 0 ? {} : { parameters };
}

function bodyOf({ takes, example }: Whole, path: Path): object {
  switch (takes) {
    case "nothing":
      return {};
    case "bytes":
      return { requestBody: { required: true, content: { "application/octet-stream": {} } } };
    case "properties": {
      const properties: Properties = Object.entries(example.input ?? {}).flatMap(([key, value]) =>
        value === null ? [] : [[key, value]],
      );
      const write = (format: Format) => format.write.properties(properties);
      return { requestBody: { content: both(ref(inputName(path)), write) } };
    }
  }
}

function success(command: Whole, path: Path): object {
  if (command.returns === "nothing") return { "204": { description: "Done.", headers: REQUEST_ID } };
  if (command.returns === "bytes") {
    const content = { "application/octet-stream": {} };
    return { "200": { description: "The bytes.", headers: REQUEST_ID, content } };
  }
  if (command.returns === "events") {
    return {
      "200": {
        description: "Events, as they come about.",
        headers: REQUEST_ID,
        content: told(command, path),
      },
    };
  }
  const { returns, example } = command;
  const one = returns === "list" ? answerSchema(command.answers) : ref(command.answersAs ?? answerName(path));
  return {
    "200": {
      description: returns === "properties" ? "The object." : "The objects, in the order of their creation.",
      headers: {
        "X-Elastic-Output": {
          description: "the kind of data",
          required: true,
          schema: { type: "string", const: returns },
        },
        ...REQUEST_ID,
      },
      content: both(returns === "properties" ? one : { type: "array", items: one }, (format) =>
        writeAnswer(format, returns, example),
      ),
    },
  };
}

/** Server-sent events, whose data are JSON. */
function told({ example }: Whole, path: Path): object {
  const data = (example.answer ?? []) as Properties;
  const schema = {
    type: "string",
    contentMediaType: "application/json",
    contentSchema: ref(answerName(path)),
  };
  return {
    "text/event-stream": { schema, example: eventTexts([{ id: 42, event: "status", data }]) },
  };
}

function writeAnswer(format: Format, kind: keyof Format["write"], { answer = [] }: Example): string {
  if (kind === "properties") return format.write.properties(answer as Properties);
  return writeAll(format.write[kind], answer as readonly Properties[]);
}

/** Properties in both content types. An example is given as it is written, in JSON as the value that it spells. */
function both(schema: JsonSchema, write: (format: Format) => string): object {
  return {
    "text/plain": { schema: { type: "string" }, example: write(text) },
    "application/json": { schema, example: JSON.parse(write(json)) as unknown },
  };
}
