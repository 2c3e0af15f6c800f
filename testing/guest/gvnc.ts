/**
 * A VNC viewer that we did not write and that speaks VeNCrypt: Debian's `gvnccapture`, which logs in, takes one picture
 * of the screen and leaves. It asks for the password on a terminal, which `script` gives it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { onTerminal } from "../terminal.ts";

export type Captured = {
  /** The picture as a PNG, null when there came none. */
  readonly picture: Buffer | null;
  /** The kind of VeNCrypt that was agreed on, null when none was. */
  readonly kind: "TLSVnc" | "X509Vnc" | "another" | null;
  /** What it printed, on the way to the screen or to failing. */
  readonly said: string;
};

const TYPE_MS = 50;
/** How long it may take for all of it. */
const DEADLINE_MS = 120_000;

/** VeNCrypt's numbers. */
const KINDS: Readonly<Record<string, "TLSVnc" | "X509Vnc">> = { 258: "TLSVnc", 261: "X509Vnc" };

/** @param authority the certificate in PEM by which it checks the server's, null for none */
export async function capture(
  address: string,
  password: string,
  authority: string | null = null,
): Promise<Captured> {
  const folder = await mkdtemp(join(tmpdir(), "gvnc-"));
  try {
    if (authority !== null) {
      await mkdir(join(folder, ".pki", "CA"), { recursive: true });
      await writeFile(join(folder, ".pki", "CA", "cacert.pem"), authority);
    }
    const file = join(folder, "screen.png");
    // It looks for authorities in the home that the system's list of users names, whatever HOME says: so ours is
    // mounted there, in a view of the files that it alone has. Port 5900 is its display 0.
    const inner = `mount --bind '${folder}' '${userInfo().homedir}' && exec gvnccapture --debug '${address}:0' '${file}'`;
    const enter = process.getuid?.() === 0 ? "unshare --mount" : "unshare --user --map-root-user --mount";
    const command = `${enter} sh -c "${inner}"`;
    const [program, ...words] = onTerminal(command);
    const child = spawn(program, words, { timeout: DEADLINE_MS });
    let said = "";
    let typing: NodeJS.Timeout | undefined;
    // What is typed before its terminal is ready is thrown away, and of that it says nothing: so it is typed again until
    // it is taken, which a new line shows.
    child.stdin.on("error", () => child.stdin.destroy());
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (/Password: \r\n/.test(said)) clearInterval(typing);
      else if (/Password: $/.test(said))
        typing ??= setInterval(() => child.stdin.write(`${password}\n`), TYPE_MS);
    });
    const [code] = (await once(child, "close")) as [number | null];
    clearInterval(typing);
    const subtype = /Choose auth subtype (\d+)/.exec(said)?.[1];
    return {
      picture: code === 0 ? await readFile(file) : null,
      kind: subtype === undefined ? null : (KINDS[subtype] ?? "another"),
      said: said.replaceAll(/^.*DEBUG.*\r\n/gm, ""),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
