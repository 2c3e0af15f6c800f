/** A copy of the checkout in which files may be changed and tests run. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What a set-up made in the checkout and the tests only read. */
const SHARED = ["node_modules", ".runtime", ".cache"];

/** Copies every file that is of the project, as it is now; gone when disposed of. */
export async function copyOfCheckout(root: string): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-mutate-"));
  // Tests run some of it as another user.
  await chmod(folder, 0o711);
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const listed = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const names = execFileSync("git", listed, { cwd: root, encoding: "utf8" }).split("\0");
    for (const name of names.filter((name) => name !== "" && existsSync(join(root, name)))) {
      if (SHARED.includes(name)) continue;
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await copyFile(join(root, name), join(folder, name));
    }
    for (const name of SHARED)
      if (existsSync(join(root, name))) await symlink(join(root, name), join(folder, name));
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, [Symbol.asyncDispose]: remove };
}
