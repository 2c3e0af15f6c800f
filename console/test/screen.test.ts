/** A server's screen in a page: what the guest shows is drawn, and what is typed, or sent as text, arrives as keys. */
import assert from "node:assert/strict";
import type { Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { long } from "../../testing/share.ts";
import { until } from "../../testing/until.ts";
import { PATIENCE_MS } from "./chromium.ts";
import { fill } from "./scene.ts";
import { openStage, SIZES, type Stage, violationsOn } from "./stage.ts";

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
const ALT_GR = 0xfe03;
const CTRL = 0xffe3;
const ALT = 0xffe9;
const DELETE = 0xffff;

/** Has every screen of the server shown by a guest from now on. */
function guestsOf(stage: Stage, server: string): Guest[] {
  const { screens } = stage.cloud.machine.servers.get(server) ?? assert.fail();
  const guests: Guest[] = [];
  const { push } = screens;
  screens.push = (...streams: Duplex[]) => {
    guests.push(...streams.map((stream) => new Guest(stream)));
    return push.apply(screens, streams);
  };
  return guests;
}

const RED = `(() => {
  const canvas = document.querySelector("canvas");
  if (canvas === null) return false;
  const [red, green] = canvas.getContext("2d").getImageData(10, 10, 1, 1).data;
  return canvas.width === ${WIDTH} && red > 200 && green < 50;
})()`;

/** Asked from here: the page's own policy forbids what would ask again and again inside of it. */
const untilRed = (page: Page) =>
  until("the screen is red", async () => ((await page.evaluate(RED)) === true ? true : null));

/** The keys that came to the guest, once there are so many. */
const keysOf = async (guest: Guest | undefined, count: number): Promise<readonly string[]> => {
  const haveCome = async () => ((guest?.keys.length ?? 0) >= count ? true : null);
  await until("the keys have come", haveCome, PATIENCE_MS);
  return guest?.keys.splice(0) ?? [];
};

test("a screen is drawn in the page, and a text, or Ctrl-Alt-Del, is sent as the keys that type it", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  const guests = guestsOf(stage, server);
  const page = await stage.enter(`servers/${server}?tab=screen`);
  const send = page.getByRole("button", { name: "Send text", disabled: false });
  await send.waitFor();
  await untilRed(page);
  const { y = 0, height = 999 } = (await page.getByRole("application").boundingBox()) ?? {};
  assert.ok(y + height <= SIZES.wide.height, `it is in the window: ${y} + ${height}`);
  assert.deepEqual(await violationsOn(page), []);
  const guest = guests.at(-1) ?? assert.fail();
  await send.click();
  const dialog = page.getByRole("dialog", { name: "Send text as keys" });
  await dialog.getByRole("textbox", { name: "Text" }).fill("Go|é");
  assert.equal(new URL(page.url()).search, "?tab=screen&dialog=send-text");
  await dialog.getByText("No key types é: left out.").waitFor();
  await dialog.getByRole("button", { name: "Send" }).click();
  await dialog.waitFor({ state: "detached" });
  const typed = [
    ...[`+${SHIFT}`, "+71", "-71", `-${SHIFT}`],
    ...["+111", "-111"],
    ...[`+${SHIFT}`, "+124", "-124", `-${SHIFT}`],
  ];
  assert.deepEqual(await keysOf(guest, typed.length), typed);
  await page.getByRole("button", { name: "Ctrl-Alt-Del" }).click();
  const held = [CTRL, ALT, DELETE];
  const pressed = [...held.map((key) => `+${key}`), ...held.toReversed().map((key) => `-${key}`)];
  assert.deepEqual(await keysOf(guest, pressed.length), pressed);
  await page.getByRole("switch", { name: "View only" }).check();
  assert.ok(await page.getByRole("button", { name: "Ctrl-Alt-Del" }).isDisabled());
  for (const screen of stage.cloud.machine.servers.get(server)?.screens ?? []) screen.destroy();
  await page.getByText("The connection to the screen has ended.").waitFor();
  await page.getByRole("button", { name: "Connect again" }).click();
  await untilRed(page);
});

/** Of a PNG: how large it is, and whether all of it is as red as the guest's screen. */
const PICTURE = `async (png) => {
  const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(png), (byte) => byte.charCodeAt(0))]));
  const { width, height } = bitmap;
  const drawing = new OffscreenCanvas(width, height).getContext("2d");
  drawing.drawImage(bitmap, 0, 0);
  const { data } = drawing.getImageData(0, 0, width, height);
  const isRed = data.every((byte, at) => (at % 4 === 0 || at % 4 === 3 ? byte > 200 : byte < 50));
  return { width, height, isRed };
}`;

test("the screen alone fills the monitor, and its picture is kept as it is seen", async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  guestsOf(stage, server);
  const page = await stage.enter(`servers/${server}?tab=screen`);
  await untilRed(page);
  const kept = page.waitForEvent("download");
  await page.getByRole("button", { name: "Picture" }).click();
  const download = await kept;
  assert.equal(download.suggestedFilename(), "web-frontend.png");
  const png = await buffer(await download.createReadStream());
  assert.equal(png.subarray(1, 4).toString(), "PNG");
  const picture = await page.evaluate(`(${PICTURE})(${JSON.stringify(png.toString("base64"))})`);
  assert.deepEqual(picture, { width: WIDTH, height: HEIGHT, isRed: true });
  const whole = () =>
    page.evaluate("document.fullscreenElement && (document.fullscreenElement.ariaLabel ?? 'another')");
  assert.equal(await whole(), null);
  await page.getByRole("button", { name: "Full screen" }).click();
  assert.equal(await until("something fills the monitor", whole), "Screen");
  await untilRed(page);
});

test(
  "a text is sent by the layout that was chosen, which is remembered, and no further than until it is cancelled",
  long,
  async (t) => {
    const stage = await openStage(t);
    const { server } = await fill(stage);
    const guests = guestsOf(stage, server);
    const page = await stage.enter(`servers/${server}?tab=screen`);
    await untilRed(page);
    const open = async () => {
      await page.getByRole("button", { name: "Send text" }).click();
      return page.getByRole("dialog", { name: "Send text as keys" });
    };
    const dialog = await open();
    await dialog.getByRole("combobox", { name: "Layout of the guest's keyboard" }).selectOption("German");
    await dialog.getByRole("textbox", { name: "Text" }).fill("é@");
    assert.deepEqual(await violationsOn(page), []);
    await dialog.getByRole("button", { name: "Send" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.deepEqual(await keysOf(guests.at(-1), 6), [
      ...["+180", "-180", "+101", "-101"],
      ...[`+${ALT_GR}`, "+64", "-64", `-${ALT_GR}`],
    ]);
    const second = await open();
    assert.equal(await second.getByRole("combobox").inputValue(), "de");
    await second.getByRole("textbox", { name: "Text" }).fill("x".repeat(200));
    await second.getByRole("textbox", { name: /Pause/ }).fill("500");
    await second.getByRole("button", { name: "Send" }).click();
    await keysOf(guests.at(-1), 2);
    await second.getByRole("button", { name: "Cancel" }).last().click();
    await second.waitFor({ state: "detached" });
    await page.getByRole("switch", { name: "Keys" }).check();
    await page.getByRole("button", { name: "Esc" }).click();
    await until("what came last is this", async () =>
      guests.at(-1)?.keys.at(-1) === "-65307" ? true : null,
    );
    assert.ok((guests.at(-1)?.keys.length ?? 0) < 100);
  },
);

test(
  "keys that a touch screen has not are there to be pressed, Ctrl for the one that follows, and the device's keyboard types",
  long,
  async (t) => {
    const stage = await openStage(t);
    const { server } = await fill(stage);
    const guests = guestsOf(stage, server);
    const page = await stage.enter(`servers/${server}?tab=screen`, { size: "narrow" });
    await untilRed(page);
    await page.getByRole("switch", { name: "Keys" }).check();
    const keys = page.getByRole("group", { name: "Keys for the screen" });
    for (const name of ["Tab", "Up", "F12"]) await keys.getByRole("button", { name, exact: true }).click();
    assert.deepEqual(
      await keysOf(guests.at(-1), 6),
      [65289, 65362, 65481].flatMap((key) => [`+${key}`, `-${key}`]),
    );
    const ctrl = keys.getByRole("button", { name: "Ctrl" });
    await ctrl.click();
    assert.equal(await ctrl.getAttribute("aria-pressed"), "true");
    await keys.getByRole("button", { name: "Keyboard" }).click();
    await page.keyboard.press("c");
    assert.deepEqual(await keysOf(guests.at(-1), 4), [`+${CTRL}`, "+99", "-99", `-${CTRL}`]);
    assert.equal(await ctrl.getAttribute("aria-pressed"), "false");
    await page.keyboard.type("a");
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Enter");
    assert.deepEqual(await keysOf(guests.at(-1), 6), ["+97", "-97", "+65288", "-65288", "+65293", "-65293"]);
    assert.deepEqual(await violationsOn(page), []);
    await page.getByRole("switch", { name: "View only" }).check();
    assert.ok(await keys.getByRole("button", { name: "F1", exact: true }).isDisabled());
  },
);

test("a server that is dead shows its last screen, and says so", long, async (t) => {
  const stage = await openStage(t);
  const { server } = await fill(stage);
  guestsOf(stage, server);
  const run = stage.cloud.machine.servers.get(server) ?? assert.fail();
  run.instance = { ...run.instance, state: "dead" } as typeof run.instance;
  const page = await stage.enter(`servers/${server}?tab=screen`);
  await untilRed(page);
  await page.getByText("The guest has broken down.").waitFor();
});

test("a server that is stopped shows why there is no screen, and is started there", async (t) => {
  const stage = await openStage(t);
  const { stopped } = await fill(stage);
  const page = await stage.enter(`servers/${stopped}?tab=screen`);
  await page.getByText(`Server ${stopped} is not active.`).waitFor();
  const region = page.getByRole("region", { name: "Screen" });
  await region.getByRole("button", { name: "Start" }).click();
  await page.getByRole("button", { name: "Send text" }).waitFor();
});
