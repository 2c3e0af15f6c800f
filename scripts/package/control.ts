/** What dpkg is told of the package (deb-control(5), deb-version(7)). */

/** Debian's packages that Lodge runs, and what for (`scripts/setup/debian.cjs`). */
export type Needed = { readonly name: string; readonly use: string };

export type Described = {
  /** Of `package.json`. */
  readonly version: string;
  readonly description: string;
  /** As dpkg calls it. */
  readonly architecture: string;
  readonly installedKiB: number;
  /** What the programs in it are linked with, as dpkg-shlibdeps writes it. */
  readonly libraries: string;
  readonly needed: readonly Needed[];
};

/** Without these there are no drives, no servers, or no networks for them. */
const DEPENDS: readonly string[] = ["drives and servers", "bridges"];
const RECOMMENDS: readonly string[] = ["sample image"];
const SUGGESTS: readonly string[] = ["whole images"];

/** A version of npm's as one of Debian's: what comes before a release sorts before it there too, behind a tilde. */
export const debianVersion = (version: string): string => version.replace("-", "~").replaceAll("-", ".");

/** A name for who builds it: there is no address that takes mail, and this can be none (RFC 2606). */
const MAINTAINER = "The Lodge project <lodge@lodge.invalid>";

/** What Debian's tools expect of a package's history (deb-changelog(5)): this version. What changed is told elsewhere. */
export function changelogOf(version: string, epochSeconds: number): string {
  const date = new Date(epochSeconds * 1000).toUTCString().replace("GMT", "+0000");
  return `lodge (${debianVersion(version)}) unstable; urgency=medium

  * CHANGELOG.md.gz beside this file says what is new in it.

 -- ${MAINTAINER}  ${date}
`;
}

export function controlOf(described: Described): string {
  const { version, description, architecture, installedKiB, libraries, needed } = described;
  const names = (uses: readonly string[]) =>
    needed.filter(({ use }) => uses.includes(use)).map(({ name }) => name);
  return `Package: lodge
Version: ${debianVersion(version)}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${installedKiB}
Depends: ${[libraries, ...names(DEPENDS)].join(", ")}
Recommends: ${names(RECOMMENDS).join(", ")}
Suggests: ${[...names(SUGGESTS), "postgresql"].join(", ")}
Section: admin
Priority: optional
Description: ${lowerFirst(description.replace(/^An? /, ""))}
 Lodge turns a machine into a cloud: its users create drives, upload and
 download images, boot virtual servers on QEMU/KVM, and reach them over the
 network and VNC, by the API of ElasticHosts and the clients that speak it.
 .
 The package brings the Node that runs it.
`;
}

const lowerFirst = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1);
