import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, meter } from "./meter.ts";

test("without a terminal only the line of dots is written", () => {
  const [out, err] = [recorder(), recorder()];
  const shown = meter(out, err);
  shown.begin("Uploading 2 chunks of 10 bytes: ", 15);
  shown.advance(10);
  shown.advance(5);
  shown.end("completed");
  assert.equal(out.text, "Uploading 2 chunks of 10 bytes: .. completed\n");
  assert.equal(err.text, "");
});

test("a terminal shows the progress below the dots and wipes it at the end", () => {
  const screen = { ...recorder(), isTTY: true, columns: 40 };
  let now = 0;
  const shown = meter(screen, screen, () => now);
  shown.begin("Dots: ", 4_000_000);
  now = 1000;
  shown.advance(1_000_000);
  shown.end("completed");
  assert.equal(
    screen.text,
    "Dots: \n\r0%\x1b[A\x1b[7G\x1b[J.\n\r25%, 1.0 MB/s, 0:03 left\x1b[A\x1b[8G\x1b[J completed\n",
  );
});

test("with the dots in a file, a terminal shows the progress on one line", () => {
  const [out, err] = [recorder(), { ...recorder(), isTTY: true }];
  const shown = meter(out, err, () => 0);
  shown.begin("Dots: ", 1);
  shown.advance(1);
  shown.end("completed");
  assert.equal(out.text, "Dots: . completed\n");
  assert.equal(err.text, "\r0%\x1b[K\r\x1b[K\r100%\x1b[K\r\x1b[K");
});

test("how far a transfer is names percent, speed and time left", () => {
  assert.equal(describe(0, 100, 0), "0%");
  assert.equal(describe(50_000_000, 200_000_000, 2000), "25%, 25.0 MB/s, 0:06 left");
  assert.equal(describe(1_000_000, 100_000_000, 1000), "1%, 1.0 MB/s, 1:39 left");
  assert.equal(describe(0, 0, 10), "100%");
});

function recorder() {
  return {
    text: "",
    write(text: string) {
      this.text += text;
    },
  };
}
