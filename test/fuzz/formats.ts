/** Bodies of properties, in text and in JSON. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Properties, Value } from "../../src/api/properties.ts";
import { LodgeError } from "../../src/base/errors.ts";
import type { Format } from "../../src/http/formats/format.ts";
import { json } from "../../src/http/formats/json.ts";
import { text } from "../../src/http/formats/text.ts";
import { part } from "./part.ts";
import { keyNames, often, words } from "./words.ts";

const line = fc
  .tuple(
    keyNames,
    often(fc.constant(" "), fc.constantFrom("  ", "\t", "", ":"), 20),
    words,
    often(fc.constantFrom("\n", "\r\n"), fc.constantFrom("\r", "\n\n", ""), 20),
  )
  .map((parts) => parts.join(""));
const textBody = fc.oneof(
  { weight: 4, arbitrary: fc.array(line, { maxLength: 12 }).map((lines) => lines.join("")) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);

const member = fc.tuple(keyNames, fc.oneof(words, fc.jsonValue(), fc.array(words, { maxLength: 4 })));
const spelled = fc.oneof(
  fc
    .array(member, { maxLength: 8 })
    .map(
      (members) =>
        `{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`,
    ),
  fc.json(),
  fc
    .tuple(fc.constantFrom("[", '{"a":'), fc.integer({ min: 1, max: 50_000 }))
    .map(([one, times]) => one.repeat(times)),
);
/** Also with a piece of it gone, or something in its place. */
const jsonBody = fc.oneof(
  { weight: 2, arbitrary: spelled },
  {
    weight: 1,
    arbitrary: fc.tuple(spelled, fc.nat(), fc.nat(4), words).map(([body, at, gone, put]) => {
      const from = at % (body.length + 1);
      return body.slice(0, from) + put.slice(0, 3) + body.slice(from + gone);
    }),
  },
);

/** What is read is refused as the caller's mistake; or what is written of it reads as the same. */
function roundTrip(format: Format, body: string): void {
  let input: ReturnType<Format["read"]>;
  try {
    input = format.read(body);
  } catch (error) {
    assert(error instanceof LodgeError && error.type === "usage", String(error));
    assert(error.message.length < 1_000, "a refusal repeats a bounded part of what came");
    return;
  }
  // JSON can spell -0, which is the number 0 wherever it is read, and written so.
  const object: Properties = [...input].map(([key, value]) => [key, value === 0 ? 0 : (value as Value)]);
  assert.deepEqual([...format.read(format.write.properties(object))], object);
}

export const TEXT = part({ name: "text", share: 20, growthMib: 16 }, async () => ({
  cases: textBody,
  check: (body) => roundTrip(text, body),
}));

export const JSON_BODIES = part({ name: "json", share: 18, growthMib: 16 }, async () => ({
  cases: jsonBody,
  check: (body) => roundTrip(json, body),
}));
