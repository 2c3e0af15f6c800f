/**
 * The two packages that the guest is made of: Debian's generic kernel and its static busybox. They are kept in the
 * cache, so that a second build needs no network; emptying the cache brings newer ones.
 */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../debian-tools.ts";

/** Depends on the kernel's package, whose own name bears its version. */
const KERNEL_METAPACKAGE = "linux-image-amd64";

/** Package files on this machine. */
export type Packages = { readonly kernel: string; readonly busybox: string };

/** Finds the packages in the cache, or fetches them. Errors: what apt said, when it cannot fetch. */
export async function fetchPackages(
  cache: string,
  report: (step: string) => void,
  signal?: AbortSignal,
): Promise<Packages> {
  mkdirSync(cache, { recursive: true });
  const cached = (prefix: string) =>
    readdirSync(cache)
      .filter((name) => name.startsWith(prefix) && name.endsWith(".deb"))
      .at(-1);
  const obtain = async (prefix: string, resolveName: () => Promise<string>) => {
    const name = cached(prefix) ?? (await download(await resolveName(), cache, report, signal));
    return join(cache, name);
  };
  return {
    kernel: await obtain("linux-image-", kernelPackage),
    busybox: await obtain("busybox-static_", async () => "busybox-static"),
  };
}

async function kernelPackage(): Promise<string> {
  const depends = await run("apt-cache", ["depends", KERNEL_METAPACKAGE]).catch(() => "");
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined)
    throw new Error(`apt does not know ${KERNEL_METAPACKAGE}: run apt-get update first`);
  return name;
}

/** Downloads aside and moves the whole file into the cache, so that builds side by side never meet a half one. */
async function download(
  name: string,
  cache: string,
  report: (step: string) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  report(`Fetching ${name}`);
  const aside = mkdtempSync(join(cache, "fetch-"));
  try {
    // As root, apt would fetch as a user of its own, who may not write here.
    const asSelf = process.getuid?.() === 0 ? ["-o", "APT::Sandbox::User=root"] : [];
    await run("apt-get", ["-q", ...asSelf, "download", name], { cwd: aside, signal });
    const [file] = readdirSync(aside);
    if (file === undefined) throw new Error(`apt-get fetched nothing for ${name}`);
    renameSync(join(aside, file), join(cache, file));
    return file;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
