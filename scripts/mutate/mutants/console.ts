/** Planted bugs in how the console is served. */
import type { Mutant } from "../mutant.ts";

const SITE = "src/console/site.test.ts";
const SERVED = "src/http/console.test.ts";

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
];
