/**
 * text/plain: UTF-8 lines of a key, a space and the value up to the end of the line (spec: the three kinds of data;
 * rulings: the wire).
 */

import type { Input, Properties, Value } from "../../api/properties.ts";
import { shown } from "../../api/shown.ts";
import { usage } from "../../base/errors.ts";
import type { Format } from "./format.ts";
import { checkKey, checkValue, ensureFewKeys } from "./malformed-key.ts";
import { remembered } from "./remembered.ts";
import { ToldPages } from "./told-pages.ts";

function read(body: string): Input {
  const input = new Map<string, string>();
  if (body.trim() === "") return input;
  const text = withoutEmptyLinesAtTheEnd(body);
  ensureFewKeys(linesIn(text));
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  for (const [index, line] of lines.entries()) {
    const space = line.indexOf(" ");
    const key = space === -1 ? line : line.slice(0, space);
    if (key === "") {
      throw usage(
        "malformed_body",
        `line ${index + 1} has no key: ${shown(line)} came, and a line takes a key, a space and a value`,
      );
    }
    checkKey(key);
    input.set(key, space === -1 ? "" : line.slice(space + 1));
  }
  for (const [key, value] of input) checkValue(key, value);
  return input;
}

function withoutEmptyLinesAtTheEnd(body: string): string {
  let end = body.length;
  while (body[end - 1] === "\n") end -= body[end - 2] === "\r" ? 2 : 1;
  return body.slice(0, end);
}

function linesIn(text: string): number {
  let count = 1;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

// Joined, it is one text; lines that were added one by one would be kept as that many, in four times the memory.
const writeObject = remembered((object) =>
  object.map(([key, value]) => `${key} ${writeValue(value)}\n`).join(""),
);

function writeRow(object: Properties): string {
  return `${object.map(([, value]) => writeValue(value)).join(" ")}\n`;
}

function writeValue(value: Value): string {
  return typeof value === "object" ? value.join(" ") : String(value);
}

/**
 * text/plain as a format. Reading: a CR before the LF is dropped, the last LF is optional, empty lines at the end mean
 * nothing, a key without a value has the empty one, and of several lines of a key the last counts (real clients: 17).
 * Writing: LF ends every line, one empty line stands between objects, and a list has a line of values for each object.
 */
export const text: Format = {
  contentType: "text/plain; charset=utf-8",
  read,
  write: {
    properties: writeObject,
    list: { before: "", object: writeRow, between: "", after: "", told: null },
    "properties list": { before: "", object: writeObject, between: "\n", after: "", told: new ToldPages() },
  },
};
