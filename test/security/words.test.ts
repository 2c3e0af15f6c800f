/**
 * What an error and the log repeat of words that came: nothing that ends a line, steers a terminal or turns text around,
 * and little of it. Over the whole table of commands, on a simulated host.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { COMMANDS } from "../../src/commands.ts";
import { type RawAnswer, sendRaw } from "../../testing/clients/raw.ts";
import { openCloud } from "../../testing/state-cloud.ts";
import { type StateHttp, serveState } from "../../testing/state-http.ts";
import { makeDrive, makeServer } from "../../testing/state-objects.ts";

/** Words that are to reach nobody as they are. */
const HOSTILE = [
  "a\nX-Injected: b",
  "a\r\n\r\nb",
  "\u001b[2J\u001b]0;owned\u0007",
  "a\u007f\u0085\u009b31mb",
  "a\u2028b\u2029c",
  "\u202egpj.exe\u2066",
  "a\u200b\ufeffb",
  "\u{e0041}\u{e0042}",
  "a\u0000b",
  "x".repeat(3000),
  `"quoted" \\ 'words' <b>`,
] as const;

/** What no sentence and no line of the log has within; and how long they may be. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const MOST_CHARACTERS = 500;
const MOST_LOGGED_CHARACTERS = 2500;

/** The words of a path that a caller gives, and the paths that one with an optional word stands for. */
const PARAMETER = /\b[A-Z]+\b/g;
const pathsOf = (path: string) => {
  const optional = /\[(\/[A-Z]+)\]/.exec(path);
  return optional === null
    ? [path]
    : [path.replace(optional[0], ""), path.replace(optional[0], optional[1] ?? "")];
};

describe("a word that came", () => {
  let http: StateHttp;
  let authorization = "";
  const ends: (() => unknown)[] = [];
  const ending = { after: (end?: unknown) => void ends.unshift(end as () => unknown) };
  const words: Record<string, string> = { TYPE: "vlan", OFFSET: "0", SIZE: "1", CONVERSION: "gzip" };

  before(async () => {
    const cloud = await openCloud(ending);
    http = await serveState(ending, cloud);
    authorization = http.authorizationOf(cloud.user);
    words.DRIVE = await makeDrive(cloud);
    words.SOURCE = await makeDrive(cloud);
    words.SERVER = await makeServer(cloud, {}, false);
    words.RESOURCE = "00000000-0000-4000-8000-000000000000";
  });

  after(async () => {
    for (const end of ends) await end();
  });

  const ask = (start: string, headers: Record<string, string> = {}, body?: string) =>
    sendRaw(http.url, start, { authorization, ...headers }, body);

  /** Fails when the answer or what was logged meanwhile repeats a word as it came. Answers are refusals. */
  async function assertUnseen(what: string, asking: () => Promise<RawAnswer>): Promise<void> {
    const from = http.lines.length;
    const { status, headers, body } = await asking();
    const sentence = body.toString();
    assert.ok(status >= 400 && status < 500, `${what}: ${status} ${sentence}`);
    assert.match(sentence, /^[^\n]+\n$/, what);
    assert.doesNotMatch(sentence.slice(0, -1), UNSEEN, what);
    assert.ok(sentence.length <= MOST_CHARACTERS, `${what}: ${sentence.length} characters`);
    assert.equal(headers.get("x-injected"), undefined, what);
    const logged = http.lines.slice(from);
    assert.ok(logged.length > 0, `${what}: nothing was logged`);
    for (const line of logged) {
      assert.doesNotMatch(line.slice(0, -1), UNSEEN, what);
      assert.ok(line.length <= MOST_LOGGED_CHARACTERS, `${what}: ${line.length} characters are logged`);
      assert.doesNotThrow(() => JSON.parse(line), what);
    }
  }

  for (const { path, effect } of COMMANDS) {
    const method = effect === "changes" ? "POST" : "GET";
    for (const form of pathsOf(path)) {
      for (const parameter of form.match(PARAMETER) ?? []) {
        it(`in the place of ${parameter} of ${form} is repeated on one line, cut short`, async () => {
          for (const hostile of HOSTILE) {
            const given: Record<string, string> = { ...words, [parameter]: encodeURIComponent(hostile) };
            const asked = form.replace(PARAMETER, (name) => given[name] ?? name);
            const query = encodeURIComponent(hostile);
            await assertUnseen(JSON.stringify(hostile), () => ask(`${method} /${asked}?${query}`));
          }
        });
      }
    }
  }

  const taking = COMMANDS.filter(({ takes }) => takes === "properties");
  for (const { path } of taking) {
    it(`as a key or a value of ${path} is repeated on one line, cut short`, async () => {
      const asked = `POST /${path.replace(PARAMETER, (name) => words[name] ?? name)}`;
      const send = (type: string, body: string) => () => ask(asked, { "Content-Type": type }, body);
      for (const hostile of HOSTILE) {
        const what = JSON.stringify(hostile);
        for (const object of [
          { [hostile]: "x" },
          { [`user:${hostile} `]: "x" },
          { [hostile.replaceAll(/[^!-~]/g, "")]: "x" },
          { name: [hostile] },
          { size: hostile, cpu: hostile, colour: hostile },
          { colour: { [hostile]: hostile } },
        ]) {
          await assertUnseen(what, send("application/json", JSON.stringify(object)));
        }
        await assertUnseen(what, send("application/json", hostile));
        // In text, a line's end is what ends the word.
        const line = hostile.replaceAll(/[\r\n]/g, "\t");
        for (const body of [`${line} x\n`, `colour ${line}\n`, ` ${line}\n`, `size ${line}\ncpu ${line}\n`]) {
          await assertUnseen(what, send("text/plain", body));
        }
      }
    });
  }

  it("in a header is repeated on one line, cut short", async () => {
    // A header can hold no line's end; node:http sends and reads it as Latin-1.
    for (const word of ["a\u007fb".replace("\u007f", "\u0085"), "a\u009b31m", "x".repeat(3000), "\u00e9 b"]) {
      const header = (name: string) => () => ask("POST /drives/create", { [name]: word }, "name n\nsize 1\n");
      for (const name of ["Content-Type", "Content-Encoding", "Idempotency-Key", "Authorization"]) {
        if (name === "Authorization") {
          await assertUnseen(name, () => sendRaw(http.url, "GET /drives/list", { Authorization: word }));
        } else await assertUnseen(`${name}: ${JSON.stringify(word)}`, header(name));
      }
    }
  });

  it("in the place of a command, and a path that cannot be decoded, is repeated on one line, cut short", async () => {
    for (const hostile of HOSTILE) {
      const word = encodeURIComponent(hostile);
      for (const start of [`GET /${word}`, `GET /drives/${word}`, `POST /drives/create/${word}?${word}`]) {
        await assertUnseen(start, () => ask(start));
      }
      await assertUnseen(word, () => ask(`GET /drives/%zz${word}/info`));
    }
    for (const raw of [
      "GET /\u0085\u009b",
      "GET /drives/\u0085%0a/info",
      `PUT /drives/list/${"x".repeat(3000)}`,
    ]) {
      await assertUnseen(raw, () => ask(raw));
    }
  });
});
