import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { inOwnMachine } from "../../../testing/network/machine.ts";
import { identify, run } from "../process/process.ts";
import { bridgingObstacles, deadProbes, forwardingObstacles } from "./obstacles.ts";
import { networkTraces } from "./traces.ts";

const root = process.getuid?.() === 0;

if (await inOwnMachine(import.meta.filename)) {
  test("without root there is no bridged network", { skip: root }, async () => {
    assert.deepEqual(
      (await bridgingObstacles()).map(({ lack }) => lack),
      ["Lodge does not run as root"],
    );
  });

  test("trying whether bridges work leaves nothing behind", { skip: !root }, async () => {
    assert.deepEqual(await bridgingObstacles(), []);
    assert.deepEqual(
      (await readdir("/run/netns")).filter((name) => name.startsWith(`lodge-probe-${process.pid}`)),
      [],
    );
  });

  test("what a start left that was killed while it tried is removed, and no other's", {
    skip: !root,
  }, async (t) => {
    const dead = spawn("true");
    const living = spawn("sleep", ["1000"], { stdio: "ignore" });
    t.after(() => living.kill("SIGKILL"));
    await once(dead, "exit");
    const ticks = (await identify(living.pid ?? 0))?.startTicks ?? 0;
    // The second one's number is another process's by now; the third's owner lives.
    const gone = [
      `lodge-probe-${dead.pid}`,
      `lodge-probe-${dead.pid}-7`,
      `lodge-probe-${living.pid}-${ticks + 1}`,
    ];
    const kept = `lodge-probe-${living.pid}-${ticks}`;
    for (const name of [...gone, kept]) await run(["ip", "netns", "add", name]);
    t.after(() => run(["ip", "netns", "delete", kept]));
    assert.deepEqual(new Set(await deadProbes()), new Set(gone));
    assert.deepEqual(await bridgingObstacles(), []);
    const left = (await readdir("/run/netns")).filter((name) => [...gone, kept].includes(name));
    assert.deepEqual(left, [kept]);
  });

  test("what a start left that was killed while it tried is found and removed by down, too", {
    skip: !root,
  }, async (t) => {
    const dead = spawn("true");
    await once(dead, "exit");
    const name = `lodge-probe-${dead.pid}-7`;
    await run(["ip", "netns", "add", name]);
    t.after(() => run(["ip", "netns", "delete", name]).catch(() => {}));
    const traces = networkTraces("0badcafe", [], null);
    const probes = traces.find(({ what }) => what === "namespaces of starts that were killed");
    assert.deepEqual(await probes?.find(), [`the network namespace ${name}`]);
    await probes?.remove();
    assert.deepEqual(await probes?.find(), []);
    assert.ok(!(await readdir("/run/netns")).includes(name));
  });

  test("a firewall that drops what the machine forwards is found", { skip: !root }, async () => {
    assert.deepEqual(await forwardingObstacles("lodge-0badcafe"), []);
    const rules = `
table ip filter {
  chain FORWARD {
    type filter hook forward priority filter; policy drop;
  }
}
table inet open {
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname "eth0" tcp dport 25 drop
  }
}
table inet firewalld {
  chain filter_FORWARD {
    type filter hook forward priority filter + 10; policy accept;
    ct state established,related accept
    counter reject with icmpx admin-prohibited
  }
}
table bridge other {
  chain forward {
    type filter hook forward priority filter; policy drop;
  }
}
`;
    await run(["nft", "-f", "-"], rules);
    const obstacles = await forwardingObstacles("lodge-0badcafe");
    assert.equal(obstacles.length, 2);
    assert.match(obstacles[0]?.lack ?? "", /ip filter FORWARD/);
    assert.match(obstacles[0]?.remedy ?? "", /-i lodge-0badcafe/);
    assert.match(obstacles[1]?.lack ?? "", /inet firewalld filter_FORWARD/);
    await run(["nft", "flush", "ruleset"]);
  });
}
