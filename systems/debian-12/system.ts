/** The image's system as a folder: Debian's packages, installed and set up by mmdebstrap, with our few files. */
import { chmodSync, cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunOptions, run } from "../debian-tools.ts";
import type { Archive } from "./archive.ts";
import { PACKAGES } from "./packages.ts";

const HERE = import.meta.dirname;

/** What is put into the system before its packages are set up, and what runs in it after that. */
const HOOKS = [
  `--essential-hook=cp -R --preserve=mode,timestamps "$LODGE_FILES/." "$1/"`,
  `--customize-hook=chroot "$1" sh -eu < "$LODGE_FINISH"`,
];

/** Which of mmdebstrap's messages begin a step, and what we call it. */
const STEPS: readonly (readonly [message: string, step: string])[] = [
  ["I: running apt-get update", "Reading Debian's lists of packages"],
  ["I: downloading packages", "Fetching the base system"],
  ["I: installing essential", "Installing the base system"],
  ["I: installing remaining", "Fetching and installing the kernel, the boot loader, cloud-init and the rest"],
  ["I: cleaning", "Cleaning up"],
];

export type Build = {
  /** What stands before a command that must be root, or seem so: the way into namespaces of its own. */
  readonly asRoot: readonly string[];
  readonly report: (step: string) => void;
  readonly signal: AbortSignal | undefined;
};

/** Runs a command as root, or as if. */
export function runAsRoot(build: Build, words: readonly string[], options: RunOptions = {}): Promise<string> {
  const [program = "", ...args] = [...build.asRoot, ...words];
  return run(program, args, { ...options, name: words[0], signal: build.signal });
}

/**
 * Makes the system as the folder `root`. Its root file system will have the uuid `uuid`; `folder` is for what is needed
 * on the way. Errors: what mmdebstrap said last.
 */
export async function makeSystem(
  root: string,
  archive: Archive,
  uuid: string,
  folder: string,
  build: Build,
): Promise<void> {
  const files = join(folder, "files");
  layFiles(files, uuid);
  const words = [
    ...["mmdebstrap", "--mode=root", "--variant=minbase", "--architectures=amd64", "--format=directory"],
    ...["--keyring=/usr/share/keyrings", `--include=${PACKAGES.join(",")}`],
    ...archive.options.map((line) => `--aptopt=${line}`),
    ...HOOKS,
    ...["bookworm", root, ...archive.sources],
  ];
  await runAsRoot(build, words, {
    env: {
      LODGE_FILES: files,
      LODGE_FINISH: join(HERE, "finish"),
      LODGE_SOURCES: archive.sources.join("\n"),
    },
    onMessage(line) {
      const step = STEPS.find(([message]) => line.startsWith(message));
      if (step !== undefined) build.report(step[1]);
    },
  });
}

/** The files of ours: those in `system/`, and those that name the file system. */
function layFiles(files: string, uuid: string): void {
  cpSync(join(HERE, "system"), files, { recursive: true });
  mkdirSync(join(files, "boot", "grub"), { recursive: true });
  writeFileSync(join(files, "etc", "fstab"), `UUID=${uuid} / ext4 errors=remount-ro 0 1\n`);
  // Under its own name at first: where there is a menu, the kernel's package wants to write another, from a disk.
  writeFileSync(join(files, "boot", "grub", "first.cfg"), firstMenu(uuid));
  for (const entry of readdirSync(files, { recursive: true, withFileTypes: true })) {
    const executable = entry.isDirectory() || entry.parentPath.endsWith("hooks");
    chmodSync(join(entry.parentPath, entry.name), executable ? 0o755 : 0o644);
  }
  chmodSync(files, 0o755);
}

/** The boot loader's menu until the system's first `update-grub`, at the latest with its next kernel, writes its own. */
const firstMenu = (uuid: string) => `serial --speed=115200
terminal_input console serial
terminal_output console serial
search --no-floppy --fs-uuid --set=root ${uuid}
set timeout=1
menuentry "Debian GNU/Linux" {
  linux /vmlinuz root=UUID=${uuid} ro console=tty0 console=ttyS0,115200
  initrd /initrd.img
}
`;
