/** A cloud in which there is something of each kind, and something is amiss. */
import { CLOUD_USER } from "../../src/base/ids.ts";
import { columnText } from "../../src/images/row.ts";
import { say } from "../../testing/simulated/servers.ts";
import { fillSamples } from "./samples.ts";
import type { Stage } from "./stage.ts";

/** What guests say as they boot. */
const BOOT = [
  "[    0.000000] Linux version 6.1.0-56-amd64",
  "[    0.520000] \x1b[33mACPI\x1b[0m: PM-Timer IO Port: 0x608",
  "[  \x1b[32mOK\x1b[0m  ] Reached target \x1b[1mMulti-User System\x1b[0m.",
  "",
  "Debian GNU/Linux 12 web-frontend ttyS0",
  "",
  "web-frontend login: ",
].join("\r\n");

export type Scene = {
  readonly server: string;
  readonly stopped: string;
  /** One that runs and was not sampled yet. */
  readonly fresh: string;
  readonly drive: string;
  readonly vlan: string;
};

/** Asks the cloud's own API for something, as its user. */
async function ask({ cloud, http }: Pick<Stage, "cloud" | "http">, path: string, values: object = {}) {
  const answer = await fetch(http.url + path, {
    method: "POST",
    headers: {
      authorization: http.authorizationOf(cloud.user),
      accept: "application/json",
      "content-type": "application/json",
    },
    ...(Object.keys(values).length === 0 ? {} : { body: JSON.stringify(values) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return (text === "" ? {} : JSON.parse(text)) as Readonly<Record<string, string>>;
}

/** One that no server has. */
export async function makeVlan(stage: Pick<Stage, "cloud" | "http">, name: string): Promise<string> {
  return (await ask(stage, "resources/vlan/create", { name })).resource ?? "";
}

/** Fills the cloud by its own API. */
export async function fill(stage: Pick<Stage, "cloud" | "http">): Promise<Scene> {
  const { cloud } = stage;
  const drive = async (name: string, size: string) =>
    (await ask(stage, "drives/create", { name, size })).drive ?? "";
  const vlan = await makeVlan(stage, "backend");
  const image = await drive("debian-12", "64M");
  await ask(stage, "images/add", { drive: image });
  const server = async (name: string, cpu: number, mem: number, more: object = {}) => {
    const disk = await drive(`${name}-disk`, "100M");
    const made = await ask(stage, "servers/create", {
      ...{ name, cpu, mem, persistent: "true", "block:0": disk, boot: "block:0" },
      ...{ "nic:0:model": "virtio", "nic:0:dhcp": "auto", ...more },
    });
    return { uuid: made.server ?? "", disk };
  };
  const web = await server("web-frontend", 2000, 1024, {
    tags: "production web",
    vnc: "auto",
    "vnc:password": "secret12",
    "nic:1:model": "virtio",
    "nic:1:vlan": vlan,
  });
  const database = await server("database-primary", 4000, 2048, { tags: "production" });
  const batch = await server("batch-worker", 1000, 512);
  const broken = await server("mail-relay", 500, 256);
  say(cloud.machine, web.uuid, BOOT);
  say(cloud.machine, batch.uuid, `${BOOT}\r\n[   42.170000] reboot: Power down\r\n`);
  await ask(stage, `servers/${batch.uuid}/stop`);
  const running = cloud.machine.servers.get(broken.uuid);
  if (running !== undefined)
    running.instance = { ...running.instance, state: "dead" } as typeof running.instance;
  const spare = await drive("backup-of-the-database-in-november", "250M");
  await fillSamples(cloud, web.uuid);
  return { server: web.uuid, stopped: batch.uuid, fresh: database.uuid, drive: spare, vlan };
}

/** Has the drive be a standard image, as its operator does. */
export async function markStandard(
  cloud: Stage["cloud"],
  drive: string,
  rawSizeBytes: number,
): Promise<void> {
  const content = { rawSizeBytes, sha256: "0".repeat(64) };
  const standard = columnText({ media: "disk", format: null }, content, null);
  await cloud
    .daemon()
    .store.transaction((tx) =>
      tx.updateTable("drives").set({ standard, user: CLOUD_USER }).where("uuid", "=", drive).execute(),
    );
}
