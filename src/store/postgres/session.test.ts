/** That nothing which is asked of a server takes longer than a deadline, and how a connection is encrypted. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { giveKey, startPostgres } from "../../../testing/postgres.ts";
import { lacking, sharedPostgres } from "../../../testing/stores.ts";
import { StoreUnavailable } from "../../base/store-errors.ts";
import { Connector } from "./connector.ts";
import { parseDatabaseUrl } from "./database-url.ts";

const connectorOf = (url: string) => new Connector(parseDatabaseUrl(url));

for (const [what, answer] of [
  ["does not answer", () => {}],
  ["hangs up", (socket: { destroy(): void }) => socket.destroy()],
] as const) {
  test(`a server that ${what} is an error in bounded time`, async (t) => {
    const server = createServer(answer).listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const connector = connectorOf(`postgres://a:b@127.0.0.1:${port}/x?sslmode=disable`);
    await assert.rejects(connector.open({ statementTimeoutMs: 1000 }), StoreUnavailable);
  });
}

describe("a session", { skip: lacking("postgres") }, () => {
  test("is lost when its server stands still, and another is had when that goes on", async () => {
    const server = await sharedPostgres();
    const connector = connectorOf(server.url("postgres"));
    const session = await connector.open({ statementTimeoutMs: 200 });
    await server.signal("SIGSTOP");
    try {
      await assert.rejects(session.rows("select 1"), /does not answer/);
      assert.match((await session.lost).message, /does not answer/);
    } finally {
      await server.signal("SIGCONT");
    }
    const next = await connector.open({ statementTimeoutMs: 200 });
    assert.deepEqual(await next.rows("select 1 as one"), [{ one: 1 }]);
    await next.end();
  });

  test("that is idle finds by its heartbeat that it is lost", async () => {
    const server = await sharedPostgres();
    const connector = connectorOf(server.url("postgres"));
    const session = await connector.open({ statementTimeoutMs: 200, heartbeatMs: 50 });
    await server.signal("SIGSTOP");
    try {
      assert.match((await session.lost).message, /does not answer/);
    } finally {
      await server.signal("SIGCONT");
    }
  });

  test("goes on after a statement that took too long, or was wrong", async () => {
    const session = await connectorOf((await sharedPostgres()).url("postgres")).open({
      statementTimeoutMs: 1000,
    });
    await assert.rejects(session.rows("select pg_sleep(100)"), { name: "StoreUnavailable", reason: "late" });
    await assert.rejects(session.rows("select nonsense"), /nonsense/);
    assert.deepEqual(await session.rows("select $1::bigint as n", [2 ** 40]), [{ n: 2 ** 40 }]);
    await session.end();
    await assert.rejects(session.rows("select 1"), StoreUnavailable);
  });

  test("that stands still in a transaction is ended by its server, which frees what it held", {
    timeout: 20_000,
  }, async () => {
    const connector = connectorOf((await sharedPostgres()).url("postgres"));
    const still = await connector.open({ statementTimeoutMs: 100 });
    await still.script("begin; select pg_advisory_xact_lock(7)");
    await still.lost;
    const other = await connector.open({ statementTimeoutMs: 5000 });
    await other.rows("select pg_advisory_lock(7)");
    await other.end();
  });

  test("answers what is asked at once in order, each with its own", async () => {
    const session = await connectorOf((await sharedPostgres()).url("postgres")).open({
      statementTimeoutMs: 5000,
    });
    const rows = await Promise.all(
      Array.from({ length: 200 }, (_, index) => session.rows("select $1::int as n", [index])),
    );
    assert.deepEqual(
      rows.flat(),
      Array.from({ length: 200 }, (_, n) => ({ n })),
    );
    await session.end();
  });

  test("is refused with a wrong password, which is not told", async () => {
    const server = await sharedPostgres();
    const wrong = connectorOf(`postgres://postgres:guess@127.0.0.1:${server.port}/postgres`);
    await assert.rejects(wrong.open({ statementTimeoutMs: 1000 }), (error: Error) => {
      return /password authentication failed/.test(error.message) && !`${error.stack}`.includes("guess");
    });
  });

  test("holds the server's certificate against its name and who vouches for it, where its URL says so", async (t) => {
    const dir = await mkdtemp(join(tmpdir(), "lodge-tls-"));
    t.after(() => rm(dir, { recursive: true }));
    await chmod(dir, 0o755);
    const [certificate, key] = [join(dir, "cert.pem"), join(dir, "key.pem")];
    const request = [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-keyout",
      key,
      "-out",
      certificate,
    ];
    await promisify(execFile)("openssl", [
      ...request,
      "-subj",
      "/CN=db",
      "-addext",
      "subjectAltName=DNS:localhost",
    ]);
    await giveKey(key);
    const server = await startPostgres(["ssl=on", `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`]);
    t.after(() => server.close());

    const local = server.url("postgres").replace("127.0.0.1", "localhost");
    const encrypted = async (url: string) => {
      const session = await connectorOf(url).open({ statementTimeoutMs: 5000 });
      const rows = await session.rows<{ ssl: boolean }>(
        "select ssl from pg_stat_ssl where pid = pg_backend_pid()",
      );
      await session.end();
      return rows[0]?.ssl;
    };
    assert.equal(await encrypted(`${local}?sslmode=verify-full&sslrootcert=${certificate}`), true);
    assert.equal(await encrypted(`${local}?sslmode=require`), true);
    assert.equal(await encrypted(local), true, "it is preferred");
    assert.equal(await encrypted(`${local}?sslmode=disable`), false);
    const otherName = `${server.url("postgres")}?sslmode=verify-full&sslrootcert=${certificate}`;
    for (const wrong of [`${local}?sslmode=verify-full`, otherName]) {
      await assert.rejects(encrypted(wrong), StoreUnavailable, wrong);
    }
  });

  test("insists on encryption where its URL does", async () => {
    const server = await sharedPostgres();
    const connector = connectorOf(`${server.url("postgres")}?sslmode=require`);
    await assert.rejects(connector.open({ statementTimeoutMs: 1000 }), StoreUnavailable);
  });
});
