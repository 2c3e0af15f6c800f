import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { inOwnMachine } from "../../../testing/network/machine.ts";
import { run } from "../process/process.ts";
import { bridgingObstacles, forwardingObstacles } from "./obstacles.ts";

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
      (await readdir("/run/netns")).filter((name) => name.endsWith(`probe-${process.pid}`)),
      [],
    );
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
