/** A server's screen in a page: what the guest shows is drawn, and what is typed, or sent as text, arrives as keys. */
import assert from "node:assert/strict";
import type { Duplex } from "node:stream";
import { test } from "node:test";
import { until } from "../../testing/until.ts";
import { fill } from "./scene.ts";
import { openStage, violationsOn } from "./stage.ts";

const WIDTH = 64;
const HEIGHT = 48;

/** The lengths of a client's messages (RFC 6143, 7.5), as far as they are known by their first bytes. */
const LENGTHS: Readonly<Record<number, (message: Buffer) => number>> = {
  0: () => 20,
  2: (message) => (message.length < 4 ? 4 : 4 + 4 * message.readUInt16BE(2)),
  3: () => 10,
  4: () => 8,
  5: () => 6,
  6: (message) => (message.length < 8 ? 8 : 8 + message.readUInt32BE(4)),
};

/** A guest whose screen is red, and who keeps the keys that come: `+65` pressed, `-65` released. */
class Guest {
  readonly keys: string[] = [];
  readonly #stream: Duplex;
  #came = Buffer.alloc(0);
  #step: "version" | "security" | "init" | "messages" = "version";

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => {
      this.#came = Buffer.concat([this.#came, chunk]);
      while (this.#take());
    });
    stream.on("error", () => {});
    stream.write("RFB 003.008\n");
  }

  /** Takes what came of one message, and says whether there was one. */
  #take(): boolean {
    const length = this.#length();
    if (this.#came.length < length) return false;
    const message = this.#came.subarray(0, length);
    this.#came = this.#came.subarray(length);
    if (this.#step === "version") this.#answer("security", Buffer.from([1, 1]));
    else if (this.#step === "security") this.#answer("init", Buffer.alloc(4));
    else if (this.#step === "init") this.#answer("messages", serverInit());
    else if (message[0] === 3) this.#stream.write(redScreen());
    else if (message[0] === 4) this.keys.push(`${message[1] === 1 ? "+" : "-"}${message.readUInt32BE(4)}`);
    return true;
  }

  #answer(next: "security" | "init" | "messages", bytes: Buffer): void {
    this.#step = next;
    this.#stream.write(bytes);
  }

  #length(): number {
    if (this.#step === "version") return 12;
    if (this.#step !== "messages") return 1;
    return LENGTHS[this.#came[0] ?? 0]?.(this.#came) ?? assert.fail(`message ${this.#came[0]}`);
  }
}

function serverInit(): Buffer {
  const init = Buffer.alloc(24 + 5);
  init.writeUInt16BE(WIDTH, 0);
  init.writeUInt16BE(HEIGHT, 2);
  Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0]).copy(init, 4);
  init.writeUInt32BE(5, 20);
  init.write("guest", 24);
  return init;
}

/** One rectangle of raw pixels, as the page asks for them: red is the first byte. */
function redScreen(): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt16BE(1, 2);
  head.writeUInt16BE(WIDTH, 8);
  head.writeUInt16BE(HEIGHT, 10);
  return Buffer.concat([head, Buffer.alloc(WIDTH * HEIGHT * 4, Buffer.from([255, 0, 0, 0]))]);
}

const SHIFT = 0xffe1;

test("a screen is drawn in the page, and a text is sent as the keys that type it, with Shift where it takes that", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const run = stage.cloud.machine.servers.get(server) ?? assert.fail();
  const guests: Guest[] = [];
  const { push } = run.screens;
  run.screens.push = (...streams: Duplex[]) => {
    guests.push(...streams.map((stream) => new Guest(stream)));
    return push.apply(run.screens, streams);
  };
  const page = await stage.enter(`servers/${server}?tab=screen`);
  const send = page.getByRole("button", { name: "Send text" });
  await send.and(page.locator(":enabled")).waitFor();
  // Asked from here: the page's own policy forbids what would ask again and again inside of it.
  const isRed = async () => ((await page.evaluate(red)) === true ? true : null);
  const red = `(() => {
    const canvas = document.querySelector("canvas");
    if (canvas === null) return false;
    const [red, green] = canvas.getContext("2d").getImageData(10, 10, 1, 1).data;
    return canvas.width === ${WIDTH} && red > 200 && green < 50;
  })()`;
  await until("the screen is red", isRed);
  assert.deepEqual(await violationsOn(page), []);
  const guest = guests.at(-1) ?? assert.fail();
  await send.click();
  const dialog = page.getByRole("dialog", { name: "Send text as keys" });
  await dialog.getByRole("textbox", { name: "Text" }).fill("Go|é");
  await dialog.getByText("No key types é: it is left out.").waitFor();
  await dialog.getByRole("button", { name: "Send" }).click();
  await dialog.waitFor({ state: "detached" });
  const typed = [
    ...[`+${SHIFT}`, "+71", "-71", `-${SHIFT}`],
    ...["+111", "-111"],
    ...[`+${SHIFT}`, "+124", "-124", `-${SHIFT}`],
  ];
  await until("the keys have come", async () => (guest.keys.length >= typed.length ? true : null));
  assert.deepEqual(guest.keys, typed);
  await page.getByRole("switch", { name: "View only" }).check();
  assert.ok(await page.getByRole("button", { name: "Ctrl-Alt-Del" }).isDisabled());
  for (const screen of run.screens) screen.destroy();
  await page.getByText("The connection to the screen has ended.").waitFor();
  await page.getByRole("button", { name: "Connect again" }).click();
  await until("the screen is red", isRed);
});

test("a server that is stopped shows why there is no screen", async (t) => {
  const stage = await openStage(t);
  const { stopped } = await fill(stage);
  const page = await stage.enter(`servers/${stopped}?tab=screen`);
  await page.getByText(`Server ${stopped} is not active.`).waitFor();
});
