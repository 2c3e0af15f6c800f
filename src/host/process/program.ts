/** Where a system program is: what runs in a view of its own, and with an empty environment, is named by its whole path. */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Also searched where PATH does not name them, as Debian's for users does not. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** The whole path of the program; a path is answered as it is. Errors: ENOENT, which names the program. */
export async function programFile(program: string): Promise<string> {
  if (program.includes("/")) return program;
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), ...SYSTEM_FOLDERS]) {
    if (!folder.startsWith("/")) continue;
    const file = join(folder, program);
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  throw Object.assign(new Error(`the program ${program} is not installed`), { code: "ENOENT" });
}
