import assert from "node:assert/strict";
import { test } from "node:test";
import type { Device, ServerSpec } from "../host.ts";
import { commandLine, type Preparation } from "./command-line.ts";
import { qmpSocketIn } from "./find-servers.ts";

const UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

const SPEC: ServerSpec = {
  ...{ uuid: UUID, name: 'n,file=/etc/passwd "', cpuMhz: 1000, memMib: 96, cores: 4, sockets: 2 },
  ...{ devices: [], vnc: { address: "10.0.0.2", password: "geheim88", tls: false } },
  nics: [{ index: 0, model: "e1000", mac: "06:00:00:00:00:01", vlan: null, lease: null }],
};

const PREPARED: Preparation = {
  accelerator: "tcg",
  blockdevs: [{ driver: "raw", "node-name": "drive-ide-0-0" }],
  secrets: [{ id: "secret-0", descriptor: 3 }],
  files: [{ set: 0, descriptor: 4 }],
  netdevs: [{ type: "tap", ifname: "t0" }],
  bootRoms: [],
  tls: null,
  sockets: {
    qmp: "/run/a,b/qmp.sock",
    operator: "/run/a,b/operator.sock",
    serial: "/run/a,b/serial.sock",
    console: "/run/a,b/console.sock",
  },
};

const DISK: Omit<Device, "bootIndex"> = {
  ...{ key: "block:0", bus: "block", busIndex: 0, unit: 0, media: "disk", shared: false },
  volume: { uuid: UUID, format: "raw", sizeBytes: 1, cipher: "none", secret: null, backing: null },
};

/** The values that an option is given, in their order. */
function values(option: string, spec = SPEC, prepared = PREPARED): string[] {
  const words = commandLine(spec, prepared, "qemu");
  return words.flatMap((word, index) => (words[index - 1] === option ? [word] : []));
}

test("nothing that a user wrote, and no secret, is on the command line", () => {
  const line = commandLine(SPEC, PREPARED, "qemu").join(" ");
  assert.doesNotMatch(line, /passwd|geheim/);
});

test("QEMU's sandbox is on, and denies whatever it can deny", () => {
  assert.deepEqual(values("-sandbox"), [
    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
  ]);
});

test("cores are spread over their sockets", () => {
  assert.deepEqual(values("-smp"), ["cpus=4,sockets=2,cores=2,threads=1"]);
  assert.deepEqual(values("-smp", { ...SPEC, cores: 3, sockets: 1 }), ["cpus=3,sockets=1,cores=3,threads=1"]);
});

test("secrets come before the blockdevs that name them, and netdevs before their NICs", () => {
  const words = commandLine(SPEC, PREPARED, "qemu");
  assert.deepEqual(values("-object"), ['{"qom-type":"secret","id":"secret-0","file":"/dev/fd/3"}']);
  assert.deepEqual(values("-netdev"), ['{"type":"tap","ifname":"t0","id":"net-0"}']);
  assert.ok(words.indexOf("-object") < words.indexOf("-blockdev"));
  assert.ok(words.indexOf("-netdev") < words.indexOf("-device"));
});

test("VNC is spoken in the clear or over TLS alone, with the cloud's certificate or anonymously", () => {
  const spoken = (tls: Preparation["tls"]) => {
    const [object = "", ...secrets] = values("-object", SPEC, { ...PREPARED, secrets: [], tls });
    assert.deepEqual(secrets, []);
    const [screen, console] = values("-vnc", SPEC, { ...PREPARED, tls });
    assert.equal(console, "unix:/run/a,,b/console.sock,id=console,share=ignore");
    return [screen, ...(object === "" ? [] : [JSON.parse(object)])];
  };
  const object = { id: "vnc-tls", endpoint: "server", "verify-peer": false };
  assert.deepEqual(spoken(null), ["none,password=on,share=ignore"]);
  assert.deepEqual(spoken({ kind: "anonymous" }), [
    "none,password=on,share=ignore,tls-creds=vnc-tls",
    { "qom-type": "tls-creds-anon", ...object },
  ]);
  assert.deepEqual(spoken({ kind: "x509", folder: "/run/a,b" }), [
    "none,password=on,share=ignore,tls-creds=vnc-tls",
    { "qom-type": "tls-creds-x509", ...object, dir: "/run/a,b", "sanity-check": false },
  ]);
});

test("a server boots from what it names and nothing else, and where it names nothing from what there is", () => {
  const boots = (bootIndex: number | null) => values("-boot", { ...SPEC, devices: [{ ...DISK, bootIndex }] });
  assert.deepEqual(boots(0), ["strict=on"]);
  assert.deepEqual(boots(null), ["strict=off"]);
});

test("a ROM comes in the boot order behind the device that it boots from", () => {
  const devices = [0, 1].map((bootIndex) => ({ ...DISK, unit: bootIndex, bootIndex }));
  const prepared = { ...PREPARED, bootRoms: [{ file: "/run/a,b/1.rom", bootIndex: 1 }] };
  assert.deepEqual(values("-option-rom", { ...SPEC, devices }, prepared), ["/run/a,,b/1.rom,bootindex=3"]);
  const places = values("-device", { ...SPEC, devices }).map((value) => JSON.parse(value).bootindex);
  assert.deepEqual(
    places.filter((place) => place !== undefined),
    [0, 2],
  );
});

test("the QMP socket is found again in a command line, whatever its path holds", () => {
  assert.equal(qmpSocketIn(commandLine(SPEC, PREPARED, "qemu")), "/run/a,b/qmp.sock");
  assert.equal(qmpSocketIn(["vi", "socket,id=qmp"]), null);
});
