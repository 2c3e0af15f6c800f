/** Reverse proxies of Debian's, with the very configurations that the documentation has. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CertificateFiles, writeCertificate } from "./certificate.ts";
import { until } from "./until.ts";

const DOCS = join(import.meta.dirname, "..", "docs", "proxies");

/** What is put in the place of the documentation's own names, and how the proxy is started with it. */
type Site = { readonly port: number; readonly cloud: string; readonly folder: string } & CertificateFiles;

type Kind = {
  readonly file: string;
  replacements(site: Site): readonly (readonly [string, string])[];
  command(site: Site, text: string): readonly [string, ...string[]];
};

const NGINX: Kind = {
  file: "nginx.conf",
  replacements: ({ port, cloud, cert, key }) => [
    ["listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`],
    ["server 127.0.0.1:8480;", `server ${cloud};`],
    ["/etc/letsencrypt/live/cloud.example.org/fullchain.pem", cert],
    ["/etc/letsencrypt/live/cloud.example.org/privkey.pem", key],
    ["server_name cloud.example.org;", "server_name 127.0.0.1;"],
  ],
  command({ folder }, text) {
    const [site, main] = [join(folder, "site.conf"), join(folder, "main.conf")];
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    writeFileSync(site, text);
    writeFileSync(
      main,
      [
        ...["daemon off;", "worker_processes 1;", `pid ${join(folder, "pid")};`, "error_log stderr;"],
        ...(process.getuid?.() === 0 ? ["user root;"] : []),
        ...["events { worker_connections 256; }", "http {", "access_log off;"],
        ...temporary.map((name) => `${name}_temp_path ${join(folder, name)};`),
        ...[`include ${site};`, "}", ""],
      ].join("\n"),
    );
    return ["/usr/sbin/nginx", "-e", "stderr", "-p", folder, "-c", main];
  },
};

const CADDY: Kind = {
  file: "Caddyfile",
  replacements: ({ port, cloud, cert, key }) => [
    ["\ncloud.example.org {", `\nhttps://127.0.0.1:${port} {\n\ttls ${cert} ${key}`],
    ["127.0.0.1:8480", cloud],
  ],
  command({ folder }, text) {
    const file = join(folder, "Caddyfile");
    writeFileSync(file, `{\n\tadmin off\n\tauto_https off\n}\n${text}`);
    return ["caddy", "run", "--config", file, "--adapter", "caddyfile"];
  },
};

export const REVERSE_PROXIES = { nginx: NGINX, Caddy: CADDY } as const;

export type ReverseProxy = {
  /** With a slash at the end. */
  readonly url: string;
  /** Who trusts it reaches the proxy. */
  readonly cert: string;
  close(): Promise<void>;
};

/** Starts one before the cloud. Errors: what it said when it ended before it listened. */
export async function startReverseProxy(
  kind: keyof typeof REVERSE_PROXIES,
  cloudUrl: string,
): Promise<ReverseProxy> {
  const { file, replacements, command } = REVERSE_PROXIES[kind];
  const folder = await mkdtemp(join(tmpdir(), "lodge-proxy-"));
  const files = writeCertificate(folder, ["IP:127.0.0.1"]);
  const port = await freePort();
  const site = { port, cloud: new URL(cloudUrl).host, folder, ...files };
  let text = readFileSync(join(DOCS, file), "utf8");
  for (const [from, to] of replacements(site)) {
    if (text.split(from).length !== 2) throw new Error(`${file} has "${from}" not once`);
    text = text.replace(from, () => to);
  }
  const [program, ...args] = command(site, text);
  const env = { PATH: process.env.PATH, HOME: folder };
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (more: string) => {
    said += more;
  });
  const close = async () => {
    await end(child);
    await rm(folder, { recursive: true });
  };
  try {
    await until(`${kind} listens`, async () => {
      if (child.exitCode !== null) throw new Error(`${kind} ended: ${said}`);
      return (await listens(port)) ? true : null;
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `https://127.0.0.1:${port}/`, cert: files.cert, close };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
