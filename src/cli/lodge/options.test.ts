import assert from "node:assert/strict";
import { test } from "node:test";
import { daemonOptions, parseListen } from "./options.ts";

test("an address to listen on is a host and a port", () => {
  assert.deepEqual(parseListen("127.0.0.1:8480"), { host: "127.0.0.1", port: 8480 });
  assert.deepEqual(parseListen("[::1]:0"), { host: "::1", port: 0 });
  for (const bad of ["8480", "localhost:", "::1:80", "h:70000"]) {
    assert.throws(() => parseListen(bad), { type: "usage" }, bad);
  }
});

test("a flag goes before the environment, and that before the default", () => {
  const env = { LODGE_LISTEN: "127.0.0.1:2" };
  assert.equal(daemonOptions(["--listen", "127.0.0.1:1"], env).listen.port, 1);
  assert.equal(daemonOptions([], env).listen.port, 2);
  assert.equal(daemonOptions([], {}).listen.port, 8480);
});

test("where the state is comes from the flag, the environment or, when neither says it, the home", () => {
  const env = { LODGE_DATABASE: "postgres://a/b" };
  assert.equal(daemonOptions(["--database", "sqlite"], env).database, "sqlite");
  assert.equal(daemonOptions([], env).database, "postgres://a/b");
  assert.equal(daemonOptions([], {}).database, undefined);
});

test("an unknown flag is refused in one line that says what is known", () => {
  assert.throws(() => daemonOptions(["--hme", "x"], {}), { type: "usage", message: /--home DIR/ });
});

test("how many imagings go on at once is a number of at least 1", () => {
  assert.equal(daemonOptions([], {}).imagings, 2);
  assert.equal(daemonOptions([], { LODGE_IMAGINGS: "5" }).imagings, 5);
  for (const bad of ["0", "many", "-1", "1000"]) {
    assert.throws(() => daemonOptions([], { LODGE_IMAGINGS: bad }), {
      type: "usage",
      message: /LODGE_IMAGINGS/,
    });
  }
});
