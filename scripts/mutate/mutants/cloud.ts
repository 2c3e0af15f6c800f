/** Planted bugs in what admins are told of the cloud, and in their pages. */
import type { Mutant } from "../mutant.ts";

const STATE = "test/state/cloud.test.ts";
const REAL = "test/conformance/cloud.test.ts";
const TRAIL = "src/audit/trail.test.ts";
const PAGES = "console/test/cloud.test.ts";
const PARTS = "console/test/cloud-parts.test.ts";
const DOCTOR = "src/host/doctor/examine.test.ts";

const IMAGES = "test/state/images.test.ts";
const BUILDER = "src/images/builder.test.ts";
const BUILD_PAGE = "console/test/build.test.ts";

export const CLOUD_ITSELF: readonly Mutant[] = [
  {
    name: "a drive that became an image goes on being paid for",
    file: "src/images/seal.ts",
    find: "    await endUse(tx, drive.uuid, clock.now());\n",
    replace: "",
    tests: [IMAGES],
  },
  {
    name: "an image is made of a drive that a server writes on",
    file: "src/images/seal.ts",
    find: "ensure(driveCan.seal(drive));",
    replace: "",
    tests: [IMAGES],
  },
  {
    name: "who had the drive is not told that it became an image",
    file: "src/images/seal.ts",
    find: '  await changeRow(tx, uuid, { phase: "destroying" });\n',
    replace: "",
    tests: [IMAGES],
  },
  {
    name: "a system that could not be built is being built for ever",
    file: "src/images/builder.ts",
    find: "      await this.#tellBroken(system, leased, said).catch(onTrouble);\n",
    replace: "",
    tests: [BUILDER],
  },
  {
    name: "what is told of a build has the path of its file",
    file: "src/images/builder.ts",
    find: 'text.replaceAll(file, "the image")',
    replace: "text",
    tests: [IMAGES],
  },
  {
    name: "a build that was broken off leaves its file",
    file: "src/images/builder.ts",
    find: "      await rm(file, { force: true }).catch(onTrouble);\n",
    replace: "",
    tests: [BUILDER],
  },
  {
    name: "why a build broke off is lost where the store takes nothing",
    file: "src/images/builder.ts",
    find: "!(error instanceof LodgeError || this.#closing.signal.aborted)",
    replace: "false",
    tests: [BUILDER],
  },
  {
    name: "a renewed lease forgets what is told of a build",
    file: "src/images/leased-image.ts",
    find: "const { source = null, said = null } = column.work ?? {};\n      const work = { owner: this.#renewed(), source, said };",
    replace:
      "const { source = null } = column.work ?? {};\n      const work = { owner: this.#renewed(), source, said: null };",
    tests: ["src/images/lease.test.ts"],
  },
  {
    name: "an image that is unfinished cannot be removed",
    file: "src/images/commands.ts",
    find: 'if (at === "ready") await destroyImage',
    replace: "if (at !== null) await destroyImage",
    tests: [IMAGES],
  },
  {
    name: "the first image of a cloud is not chosen where a server is made",
    file: "console/src/servers/create-fields.tsx",
    find: 'change({ system: "image", source: first })',
    replace: "change({})",
    tests: [BUILD_PAGE],
  },
  {
    name: "a drive that was open as it became an image is written on still",
    file: "src/host/volumes/exports.ts",
    find: "entry.sealed !== undefined && entry.sealed !== (volume.sealed ?? null)",
    replace: 'typeof entry.sealed === "string" && entry.sealed !== volume.sealed',
    tests: ["src/host/volumes/exports.test.ts"],
  },
  {
    name: "what a page reads again is never an event again",
    file: "src/audit/recent-reads.ts",
    find: "recordedMs !== undefined && this.#now() - recordedMs < STANDS_FOR_MS",
    replace: "recordedMs !== undefined",
    tests: [TRAIL],
  },
  {
    name: "a key's readings are events once in ten minutes",
    file: "src/audit/recent-reads.ts",
    find: "by?.session === undefined ? null : [by.session,",
    replace: "false ? null : [by?.session,",
    tests: [TRAIL],
  },
  {
    name: "a page's reading from elsewhere is not an event",
    file: "src/audit/recent-reads.ts",
    find: "[by.session, user, address, command, object]",
    replace: "[by.session, user, command, object]",
    tests: [TRAIL],
  },
  {
    name: "a page's reading that could not be recorded counts as recorded",
    file: "src/audit/trail.ts",
    find: '    await this.#store.transaction((tx) => recordEvent(tx, asked, "done"), { grows: true });\n    this.#reads.note(mark);',
    replace:
      '    this.#reads.note(mark);\n    await this.#store.transaction((tx) => recordEvent(tx, asked, "done"), { grows: true });',
    tests: [TRAIL],
  },
  {
    name: "a check of the doctor's may take for ever",
    file: "src/host/doctor/examine.ts",
    find: "await within(ms, ",
    replace: "await within(2 ** 30, ",
    tests: [DOCTOR],
  },
  {
    name: "a check that fails is good",
    file: "src/host/doctor/examine.ts",
    find: 'verdict: "unknown"',
    replace: 'verdict: "good"',
    tests: [DOCTOR],
  },
  {
    name: "a check tells its name in the place of what was found",
    file: "src/operator/commands/hosts.ts",
    find: '["says", state]',
    replace: '["says", name]',
    tests: [REAL, STATE],
  },
  {
    name: "anybody is told of the hosts",
    file: "src/operator/commands/hosts.ts",
    find: 'const row = { isAdmins: true, effect: "reads"',
    replace: 'const row = { effect: "reads"',
    tests: [REAL],
  },
  {
    name: "a host that is away fails all that is told of hosts",
    file: "src/operator/commands/hosts.ts",
    find: "if (isAway || isUndecided(error)) return null;",
    replace: "if (isAway) return null;",
    tests: [STATE],
  },
  {
    name: "what is left of a host is all that it has",
    file: "src/operator/commands/hosts.ts",
    find: "Math.max(0, most - promised)",
    replace: "most",
    tests: [STATE],
  },
  {
    name: "what is late needs nobody",
    file: "src/operator/needs.ts",
    find: "    ...underWay(status),\n",
    replace: "",
    tests: [STATE, "src/cli/lodge/status-lines.test.ts"],
  },
  {
    name: "a drive's file that is gone needs nobody",
    file: "src/operator/needs.ts",
    find: "    ...lost.map((object): Need =>",
    replace: "    ...[].map((object): Need =>",
    tests: [STATE, "src/cli/lodge/status-lines.test.ts"],
  },
  {
    name: "a pool may have addresses that a host reaches otherwise",
    file: "src/resources/pool-commands.ts",
    find: "      await ensureFree(dependencies.hosts, pool);\n",
    replace: "",
    tests: [STATE],
  },
  {
    name: "a default route takes all addresses",
    file: "src/base/ipv4.ts",
    find: "network.prefix >= WIDEST_PREFIX && ",
    replace: "",
    tests: [STATE],
  },
  {
    name: "the trail does not say which pool it was",
    file: "src/resources/pool-commands.ts",
    find: "      noteMade(networkText(pool.network));\n",
    replace: "",
    tests: [STATE],
  },
  {
    name: "a tab that acts as an account asks as itself",
    file: "console/src/api/client.ts",
    find: "...actingHeaders(), ",
    replace: "",
    tests: [PAGES],
  },
  {
    name: "whoever logs in acts as whom somebody before acted",
    file: "console/src/login/link.ts",
    find: "      forgetActing();\n",
    replace: "",
    tests: [PAGES],
  },
  {
    name: "the pages of the cloud are shown to everybody",
    file: "console/src/cloud/frame.tsx",
    find: 'if (profile?.role !== "admin") return <NotFound />;',
    replace: "if (profile?.role === undefined) return <NotFound />;",
    tests: [PAGES],
  },
  {
    name: "everybody has a link to the pages of the cloud",
    file: "console/src/app/shell.tsx",
    find: '!("role" in page) || page.role === profile.role',
    replace: "profile.role !== null",
    tests: [PAGES],
  },
  {
    name: "no bar leads out where an account that is acted for is gone",
    file: "console/src/app/shell.tsx",
    find: "        <ActingBar name={null} />\n",
    replace: "",
    tests: [PAGES],
  },
  {
    name: "an account is closed with everything though nobody said so",
    file: "console/src/cloud/close-dialog.tsx",
    find: 'const values = everything ? { everything: "true" } : {};',
    replace: 'const values = everything || true ? { everything: "true" } : {};',
    tests: [PAGES],
  },
  {
    name: "the trail shows what was read where changes alone are asked for",
    file: "console/src/cloud/audit.tsx",
    find: "!reads?.has(shortest(command))",
    replace: "true",
    tests: [PAGES],
  },
  {
    name: "what the doctor finds lacking is not told to the operator",
    file: "console/src/cloud/attention.tsx",
    find: '.filter(({ verdict }) => verdict !== "good")',
    replace: '.filter(({ verdict }) => verdict !== "good" && false)',
    tests: [PARTS],
  },
  {
    name: "a pool that is in use can be removed, by its button",
    file: "console/src/cloud/pools.tsx",
    find: "return numberOf(used) > 0 ? said.isUsed : null;",
    replace: "return numberOf(used) < 0 ? said.isUsed : null;",
    tests: [PARTS],
  },
];
