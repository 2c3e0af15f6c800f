/**
 * The commands during which the power may fail, one after the other, and what there is after each of them. What a command
 * makes or changes is wholly so once it is answered, and until then wholly so or not at all.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Cloud } from "../cloud.ts";

const POLL_MS = 200;

/** A drive by what was answered of it. */
export type KnownDrive = {
  readonly size: number;
  readonly cipher: string;
  readonly bytes: Buffer;
  /**
   * What an imaging that was accepted makes of it, at a moment of its own: nobody has been told of that moment until an
   * answer says that it is done.
   */
  readonly becoming?: Buffer;
};

/** What there is, by names, which nothing has twice. */
export type Known = {
  readonly drives: ReadonlyMap<string, KnownDrive>;
  readonly servers: ReadonlyMap<string, { readonly cpu: string }>;
  readonly resources: ReadonlySet<string>;
};

const NOTHING: Known = { drives: new Map(), servers: new Map(), resources: new Set() };

type Ids = Map<string, string>;

type Step = {
  readonly method: "GET" | "POST";
  readonly path: (ids: Ids) => string;
  readonly body?: string | Buffer;
  /** What is named by what it makes: the key of the answer that has its id, and the name. */
  readonly makes?: readonly [key: string, name: string];
  readonly gives: (known: Known) => Known;
  /** Asked again until this holds of the answer. */
  readonly until?: (text: string) => boolean;
};

const same = (known: Known) => known;
const withDrive = (name: string, drive: KnownDrive) => (known: Known) => ({
  ...known,
  drives: new Map(known.drives).set(name, drive),
});
const changed = (name: string, change: (drive: KnownDrive) => KnownDrive) => (known: Known) => {
  const drive = known.drives.get(name);
  return drive === undefined ? known : withDrive(name, change(drive))(known);
};
const without = <T>(map: ReadonlyMap<string, T>, name: string) =>
  new Map([...map].filter(([each]) => each !== name));

function create(name: string, size: number, cipher: string): Step {
  return {
    ...{ method: "POST", path: () => "drives/create", makes: ["drive", name] },
    body: `name ${name}\nsize ${size}\nencryption:cipher ${cipher}\n`,
    gives: withDrive(name, { size, cipher, bytes: Buffer.alloc(size) }),
  };
}

function write(name: string, offset: number, bytes: Buffer): Step {
  return {
    ...{ method: "POST", path: (ids) => `drives/${ids.get(name)}/write/${offset}`, body: bytes },
    gives: changed(name, (drive) => {
      const after = Buffer.from(drive.bytes);
      bytes.copy(after, offset);
      return { ...drive, bytes: after };
    }),
  };
}

function resize(name: string, size: number): Step {
  return {
    ...{ method: "POST", path: (ids) => `drives/${ids.get(name)}/set`, body: `size ${size}\n` },
    gives: changed(name, (drive) => {
      const bytes = Buffer.alloc(size);
      drive.bytes.copy(bytes);
      return { ...drive, size, bytes };
    }),
  };
}

/** Two steps: it is accepted, and it is done. */
function image(target: string, source: string): readonly Step[] {
  return [
    {
      ...{ method: "POST", path: (ids) => `drives/${ids.get(target)}/image/${ids.get(source)}` },
      gives: (known) => {
        const becoming = Buffer.alloc(known.drives.get(target)?.size ?? 0);
        known.drives.get(source)?.bytes.copy(becoming);
        return changed(target, (drive) => ({ ...drive, becoming }))(known);
      },
    },
    {
      ...{ method: "GET", path: (ids) => `drives/${ids.get(target)}/info` },
      until: (text) => !/^imaging/m.test(text),
      gives: changed(target, ({ becoming, ...drive }) => ({ ...drive, bytes: becoming ?? drive.bytes })),
    },
  ];
}

const destroyDrive = (name: string): Step => ({
  ...{ method: "POST", path: (ids) => `drives/${ids.get(name)}/destroy`, body: "" },
  gives: (known) => ({ ...known, drives: without(known.drives, name) }),
});

function server(name: string, cpu: string, drive: string, starts: boolean): Step {
  return {
    ...{ method: "POST", path: () => `servers/create${starts ? "" : "/stopped"}`, makes: ["server", name] },
    body: `name ${name}\ncpu ${cpu}\nmem 32\npersistent true\nide:0:0 ${drive}\n`,
    gives: (known) => ({ ...known, servers: new Map(known.servers).set(name, { cpu }) }),
  };
}

const onServer = (name: string, verb: string, gives: Step["gives"] = same, body = ""): Step => ({
  ...{ method: "POST", path: (ids) => `servers/${ids.get(name)}/${verb}`, body, gives },
});

const resource = (type: string, name: string): Step => ({
  ...{ method: "POST", path: () => `resources/${type}/create`, body: `name ${name}\n` },
  makes: ["resource", name],
  gives: (known) => ({ ...known, resources: new Set([...known.resources, name]) }),
});

const noise = (length: number, first: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) + first) % 251));

function script(): readonly Step[] {
  return [
    create("plain", 200_000, "none"),
    write("plain", 1000, noise(70_000, 1)),
    create("closed", 300_000, "aes-xts-plain"),
    write("closed", 0, noise(150_001, 2)),
    resource("vlan", "lan"),
    resource("ip", "address"),
    create("gone", 100_000, "aes-xts-plain"),
    write("gone", 500, noise(2_000, 3)),
    // Whole sectors: what is behind its end in an image of it takes no write, and no flush, of its own.
    resize("plain", 260_096),
    resize("closed", 220_001),
    destroyDrive("gone"),
    create("copy", 300_000, "none"),
    ...image("copy", "plain"),
    create("closed-copy", 300_000, "aes-xts-plain"),
    ...image("closed-copy", "closed"),
    create("disk", 100_000, "none"),
    write("plain", 0, noise(4_096, 5)),
    write("closed", 65_000, Buffer.concat([noise(70_000, 4), Buffer.alloc(80_000)])),
  ];
}

/** The steps with servers: the drive is named by its id. */
function serverSteps(disk: string): readonly Step[] {
  return [
    server("stopped", "300", disk, false),
    onServer("stopped", "set", setCpu("stopped", "400"), "cpu 400\n"),
    onServer("stopped", "start"),
    onServer("stopped", "stop"),
    server("brief", "300", disk, false),
    onServer("brief", "destroy", (known) => ({ ...known, servers: without(known.servers, "brief") })),
    destroyDrive("disk"),
  ];
}

const setCpu = (name: string, cpu: string) => (known: Known) => ({
  ...known,
  servers: new Map(known.servers).set(name, { cpu }),
});

/**
 * Has the cloud do all of it; answers what there is before the first answer, and after each. Errors: an answer that is not
 * 200 or 204.
 *
 * @param withServers also those that run
 */
export async function play(cloud: Cloud, withServers: boolean): Promise<readonly Known[]> {
  const ids: Ids = new Map();
  const known: Known[] = [NOTHING];
  const steps = [...script()];
  for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
    for (let isDone = false; !isDone; ) {
      const path = step.path(ids);
      const { status, text } = await cloud.ask(path, {
        method: step.method,
        ...(step.body === undefined ? {} : { body: step.body }),
      });
      if (status !== 200 && status !== 204) throw new Error(`${path} is ${status}: ${text}${cloud.logged}`);
      if (step.until !== undefined) await delay(POLL_MS);
      isDone = step.until === undefined || step.until(text);
      const last = known.at(-1) ?? NOTHING;
      known.push(isDone ? step.gives(last) : last);
      if (step.makes !== undefined) {
        const [key, name] = step.makes;
        ids.set(name, new RegExp(`^${key} (\\S+)$`, "m").exec(text)?.[1] ?? "");
        if (name === "disk" && withServers) steps.push(...serverSteps(ids.get("disk") ?? ""));
      }
    }
  }
  return known;
}
