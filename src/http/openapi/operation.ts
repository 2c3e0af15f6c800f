/** One command as an operation of OpenAPI: parameters, body, answers in both content types, errors, examples. */
import type { Command, Example } from "../../api/command.ts";
import { WORDS } from "../../api/params.ts";
import type { Properties } from "../../api/properties.ts";
import type { Format } from "../formats/format.ts";
import { json } from "../formats/json.ts";
import { text } from "../formats/text.ts";
import { errorsOf } from "./errors.ts";
import { inputName, isParameter, nounOf, operationId } from "./names.ts";
import { answerSchema, type JsonSchema, valueOfWord } from "./schema.ts";

/** What is described of a command. */
export type Described = Omit<Command, "run">;

/** A command that is declared with all that its description takes. */
export type Whole = Described & Required<Pick<Described, "keys" | "answers" | "example">>;

const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** @param words a path of the command, with or without its optional word */
export function operation(command: Whole, words: readonly string[]): object {
  return {
    operationId: operationId(words),
    summary: command.summary,
    tags: [words[0]],
    ...parametersOf(command, words),
    ...bodyOf(command, words),
    responses: { ...success(command, words), ...errorsOf(command.effect) },
  };
}

function parametersOf({ takes, example }: Whole, words: readonly string[]): object {
  const inPath = words.filter(isParameter).map((word) => ({
    name: word,
    in: "path",
    required: true,
    description: WORDS[word]?.is,
    schema: valueOfWord(word),
    example: example.words?.[word],
  }));
  const parameters = takes === "bytes" ? [...inPath, CONTENT_ENCODING] : inPath;
  return parameters.length === 0 ? {} : { parameters };
}

const CONTENT_ENCODING = {
  name: "Content-Encoding",
  in: "header",
  description: "gzip for bytes that come compressed; Transfer-Encoding: chunked is not taken",
  schema: { type: "string", enum: ["gzip"] },
};

function bodyOf({ takes, example }: Whole, words: readonly string[]): object {
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
      return { requestBody: { content: both(ref(inputName(words)), write) } };
    }
  }
}

function success(command: Whole, words: readonly string[]): object {
  if (command.returns === "nothing") return { "204": { description: "Done." } };
  if (command.returns === "bytes") {
    return { "200": { description: "The bytes.", content: { "application/octet-stream": {} } } };
  }
  const { returns, example } = command;
  const one = returns === "list" ? answerSchema(command.answers) : ref(nounOf(words));
  return {
    "200": {
      description: returns === "properties" ? "The object." : "The objects, in the order of their creation.",
      headers: {
        "X-Elastic-Output": {
          description: "the kind of data",
          required: true,
          schema: { type: "string", const: returns },
        },
      },
      content: both(returns === "properties" ? one : { type: "array", items: one }, (format) =>
        writeAnswer(format, returns, example),
      ),
    },
  };
}

function writeAnswer(format: Format, kind: keyof Format["write"], { answer = [] }: Example): string {
  if (kind === "properties") return format.write.properties(answer as Properties);
  return format.write[kind](answer as readonly Properties[]);
}

/** Properties in both content types. An example is given as it is written, in JSON as the value that it spells. */
function both(schema: JsonSchema, write: (format: Format) => string): object {
  return {
    "text/plain": { schema: { type: "string" }, example: write(text) },
    "application/json": { schema, example: JSON.parse(write(json)) as unknown },
  };
}
