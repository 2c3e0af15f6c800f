import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "./json.ts";
import { inputFormat, outputFormat } from "./negotiate.ts";
import { text } from "./text.ts";

const inputs: readonly [contentType: string | undefined, format: typeof text][] = [
  [undefined, text],
  ["", text],
  ["text/plain", text],
  ["Text/Plain; charset=utf-8", text],
  ["application/octet-stream", text],
  ["application/x-www-form-urlencoded", text],
  ["application/json", json],
  ["application/json;charset=UTF-8", json],
];
for (const [contentType, format] of inputs) {
  test(`properties of Content-Type ${contentType} are ${format.contentType}`, () => {
    assert.equal(inputFormat(contentType), format);
  });
}

test("properties of another Content-Type are refused", () => {
  for (const type of ["application/xml", "text/html", "multipart/form-data; boundary=x", "json"]) {
    assert.throws(() => inputFormat(type), { type: "usage", code: "unsupported_content_type" });
  }
});

const outputs: readonly [accept: string | undefined, format: typeof text][] = [
  [undefined, text],
  ["", text],
  ["*/*", text],
  ["text/plain", text],
  ["application/json", json],
  ["Application/JSON ; charset=utf-8", json],
  ["application/*", json],
  ["application/octet-stream", text],
  ["application/xml, text/html", text],
  ["text/plain, application/json", text],
  ["application/json, text/plain", json],
  ["application/json, */*", json],
  ["text/html, application/xhtml+xml, */*;q=0.8", text],
  ["text/plain;q=0.5, application/json;q=0.9", json],
  ["application/json;q=0, */*", text],
  ["text/plain;q=0, */*;q=0.1", json],
  ["application/json;q=0", text],
  ["text/*;q=0.3, application/json;q=0.2", text],
];
for (const [accept, format] of outputs) {
  test(`Accept ${accept} is answered as ${format.contentType}`, () => {
    assert.equal(outputFormat(accept), format);
  });
}
