/** Who is asked for credentials in a way that a browser takes up itself, and who is not. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sendRaw } from "../../testing/clients/raw.ts";
import { serveCommands, type TestServer } from "../../testing/http/server.ts";

const site = "same-origin";

describe("a 401", () => {
  let server: TestServer;
  before(async () => {
    server = await serveCommands([]);
  });
  after(() => server.close());

  const challengeTo = async (headers: Readonly<Record<string, string>>) => {
    const answer = await sendRaw(server.url, "GET /drives/list", headers);
    assert.equal(answer.status, 401);
    return answer.headers.get("www-authenticate") ?? null;
  };

  const basic = 'Basic realm="Lodge", charset="UTF-8"';

  it("asks a client that is no browser for HTTP Basic credentials", async () => {
    assert.equal(await challengeTo({}), basic);
    assert.equal(await challengeTo({ Authorization: "Basic wrong" }), basic);
  });

  it("asks whoever opens the address in a browser", async () => {
    assert.equal(await challengeTo({ "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none" }), basic);
  });

  it("asks Node's fetch, which names a mode alone", async () => {
    assert.equal(await challengeTo({ "Sec-Fetch-Mode": "cors" }), basic);
  });

  for (const mode of ["cors", "same-origin", "no-cors", "websocket"]) {
    it(`does not ask a script of a page, whose mode is ${mode}, for the browser would keep it waiting`, async () => {
      assert.equal(await challengeTo({ "Sec-Fetch-Mode": mode, "Sec-Fetch-Site": site }), null);
    });
  }
});
