// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text of templates.
/** Planted bugs in how the console is served, and how its pages begin. */
import type { Mutant } from "../mutant.ts";

const SITE = "src/console/site.test.ts";
const SERVED = "src/http/console.test.ts";
const TOLD = "console/test/told.test.ts";
const BEGIN = "console/test/begin.test.ts";
const REQUESTS = "console/test/requests.test.ts";
const SESSIONS = "test/state/sessions.test.ts";
const LOGIN = "console/test/login.test.ts";
const PAGES = "console/test/pages.test.ts";
const CLOUD_PARTS = "console/test/cloud-parts.test.ts";
const SCREEN = "console/test/screen.test.ts";
const TWICE = "console/test/twice.test.ts";
const OVER = "console/test/over.test.ts";

export const CONSOLE: readonly Mutant[] = [
  {
    name: "a list of the console's files may name any file",
    file: "src/console/site.ts",
    find: ".regex(/^[\\w-][\\w.-]*(\\/[\\w-][\\w.-]*)*$/)",
    replace: "",
    tests: [SITE],
  },
  {
    name: "what a file of the console inflates to has no bound",
    file: "src/console/site.ts",
    find: ", { maxOutputLength: left }",
    replace: "",
    tests: [SITE],
  },
  {
    name: "a hashed file that is gone is a page",
    file: "src/console/site.ts",
    find: "file !== undefined || path.startsWith(HASHED)",
    replace: "file !== undefined",
    tests: [SITE, SERVED],
  },
  {
    name: "anybody may frame the console",
    file: "src/http/console.ts",
    find: "  \"frame-ancestors 'none'\",\n",
    replace: "",
    tests: [SERVED],
  },
  {
    name: "the page is kept as if it never changed",
    file: "src/http/console.ts",
    find: "file.isImmutable ?",
    replace: "!file.isImmutable ?",
    tests: [SERVED],
  },
  {
    name: "who takes no gzip is sent gzip",
    file: "src/http/console.ts",
    find: "takesGzip ? file.gzipped : file.plain",
    replace: "file.gzipped",
    tests: [SERVED],
  },
  {
    name: "programs are led to the console",
    file: "src/http/console-routes.ts",
    find: "if (!showsPages(exchange))",
    replace: "if (false)",
    tests: [SERVED],
  },
  {
    name: "what draws a page of the console is asked for once its first script has come",
    file: "console/vite.config.ts",
    find: "plugins: [react(), early]",
    replace: "plugins: [react()]",
    tests: [BEGIN],
  },
  {
    name: "a long list of the console is drawn at once with what stands above it",
    file: "console/src/parts/rows.tsx",
    find: "useDeferredValue(rows, NONE)",
    replace: "rows",
    tests: [BEGIN],
  },
  {
    name: "the console makes a formatter for each amount that it tells",
    file: "console/src/parts/amounts.ts",
    find: "(number < 10 ? tenths : whole).format(number)",
    replace: 'number.toLocaleString("en", { maximumFractionDigits: number < 10 ? 1 : 0 })',
    tests: [BEGIN],
  },
  {
    name: "a session begins another session",
    file: "src/http/session-cookie.ts",
    find: '  if (command?.session === "begins") return null;\n',
    replace: "",
    tests: [SESSIONS],
  },
  {
    name: "in clear, clouds on one machine have one cookie",
    file: "src/http/session-cookie.ts",
    find: "`lodge-${localPort}`",
    replace: "`lodge-${localPort === undefined}`",
    tests: [SESSIONS],
  },
  {
    name: "a link is ignored where somebody is in",
    file: "console/src/login/link.ts",
    find: "    follow();\n    window.addEventListener",
    replace: "    window.addEventListener",
    tests: [LOGIN],
  },
  {
    name: "the console asks in clear, too",
    file: "console/src/main.ts",
    find: "if (window.isSecureContext) {",
    replace: "if (window !== undefined) {",
    tests: [LOGIN],
  },
  {
    name: "URLs are fetched from networks that only routes of IPv6 lead to",
    file: "src/download/own-networks.ts",
    find: '    ...routedNetworks6(table(join(proc, "ipv6_route"))),\n',
    replace: "",
    tests: ["src/download/own-networks.test.ts"],
  },
  {
    name: "the console calls an address a VLAN, and a VLAN an address",
    file: "console/src/activity/events.ts",
    find: '? "/ip/" : "/vlan/"',
    replace: '? "/vlan/" : "/ip/"',
    tests: [TOLD],
  },
  {
    name: "the console tells the end of a look at a screen as another",
    file: "console/src/activity/events.ts",
    find: 'outcome === "done" ? text.ended[command] : undefined',
    replace: "undefined",
    tests: [TOLD],
  },
  {
    name: "the console leaves the chosen tab out of sight on a phone",
    file: "console/src/parts/in-sight.ts",
    find: "  if (here !== null)\n",
    replace: "  if (here === null)\n",
    tests: [PAGES],
  },
  {
    name: "a table of sessions is wider than a phone",
    file: "console/src/account/sessions.tsx",
    find: "minWidth={300}",
    replace: "minWidth={560}",
    tests: [PAGES],
  },
  {
    name: "a list of the console leaves what has nothing to say empty",
    file: "console/src/parts/grid.tsx",
    find: 'shown === "" && title !== "" ? text.none : shown',
    replace: "shown",
    tests: [TOLD],
  },
  {
    name: "a form of the console has a heading for all that there is",
    file: "console/src/parts/key-form.tsx",
    find: "all.length === 1 ? undefined : ",
    replace: "",
    tests: [TOLD],
  },
  {
    name: "a screen that is to fill the monitor does so with all of its page",
    file: "console/src/screen/screen.tsx",
    find: "box.current?.requestFullscreen()",
    replace: "document.documentElement.requestFullscreen()",
    tests: [SCREEN],
  },
  {
    name: "the picture of a screen is blank",
    file: "console/src/screen/screen.tsx",
    find: 'rfb.toDataURL("image/png")',
    replace: 'document.createElement("canvas").toDataURL()',
    tests: [SCREEN],
  },
  {
    name: "a page of the console that makes a server waits for what few choose of",
    file: "console/src/servers/create.tsx",
    find: "drives.data !== undefined;",
    replace: "drives.data !== undefined && resources.data !== undefined;",
    tests: [REQUESTS],
  },
  {
    name: "a form in a dialog of the console begins at what closes it",
    file: "console/src/parts/first-field.ts",
    find: '    first?.setAttribute("data-autofocus", "");\n    first?.focus();\n',
    replace: "",
    tests: [CLOUD_PARTS],
  },
  {
    name: "the help of a field of the console tells its unit twice",
    file: "console/src/parts/key-field.tsx",
    find: 'unit !== "bytes" &&',
    replace: "unit === help &&",
    tests: [TOLD],
  },
  {
    name: "x-lodge of a key that nobody is answered is as of any other",
    file: "src/http/openapi/field.ts",
    find: "...(key.writeOnly ? { writeOnly: true } : {}),",
    replace: "",
    tests: ["src/http/openapi/field.test.ts"],
  },
  {
    name: "a page of the console that the document shows no picture of is not missed",
    file: "scripts/docs/pictures.ts",
    find: "!names.has(nameOf(address))",
    replace: "names.has(address)",
    tests: ["scripts/docs/pictures.test.ts"],
  },
  {
    name: "a page of the console that the document does not have is not missed",
    file: "scripts/docs/pictures.ts",
    find: "!mapped.has(path)",
    replace: 'path === ""',
    tests: ["scripts/docs/pictures.test.ts"],
  },
  {
    name: "the values of an address are read as JSON",
    file: "console/src/app/router.tsx",
    find: "    parseSearch: readSearch,\n",
    replace: "",
    tests: ["console/test/addresses.test.ts"],
  },
  {
    name: "a page is given what its address has besides what it makes something of",
    file: "console/src/parts/search.ts",
    find: "    ...Object.fromEntries(Object.keys(search).map((name) => [name, undefined])),\n",
    replace: "",
    tests: ["console/test/addresses.test.ts"],
  },
  {
    name: "words that somebody wrote turn around the sentence that they are in",
    file: "console/src/parts/theirs.tsx",
    find: "<bdi>{children}</bdi>",
    replace: "<>{children}</>",
    tests: ["console/test/theirs.test.ts"],
  },
  {
    name: "a file that was changed since goes on onto half of what it was",
    file: "console/src/drives/upload-state.ts",
    find: " && chosen.lastModified === modified;",
    replace: ";",
    tests: ["console/test/upload.test.ts"],
  },
  {
    name: "a server that is tried again has the image and the size of the first try",
    file: "console/src/servers/create-server.ts",
    find: "isOfUse(drive, draft, known) ? drive",
    replace: "known !== undefined ? drive",
    tests: ["console/test/retry.test.ts"],
  },
  {
    name: "what is refused of a form is left out of sight",
    file: "console/src/parts/form.tsx",
    find: "  useRefusalSeen(form, error);\n",
    replace: "",
    tests: ["console/test/refusals.test.ts"],
  },
  {
    name: "a long name takes as many lines as it has",
    file: "console/src/parts/page.tsx",
    find: " lineClamp={3}",
    replace: "",
    tests: ["console/test/tight.test.ts"],
  },
  {
    name: "what is clicked twice is done twice",
    file: "console/src/parts/once.ts",
    find: "underWay.current ??= begin(asked)",
    replace: "underWay.current = begin(asked)",
    tests: [TWICE],
  },
  {
    name: "a page whose session is over is thrown away",
    file: "console/src/app/shell.tsx",
    find: "const shown = profile ?? before;",
    replace: "const shown = profile ?? null;",
    tests: [OVER],
  },
];
