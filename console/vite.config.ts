/** The build of the console: a page, and parts that come when they are needed, each named by what is in it. */
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const BASE = "/console/";

/** What draws the page is in a file of its own: it begins by itself, and a browser keeps it from one release to the next. */
const DRAWING = { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// };

/** Has the page name whatever its first script imports, so that nothing of it waits for that script to come and begin. */
const early: Plugin = {
  name: "early",
  transformIndexHtml: {
    order: "post",
    handler(_, { bundle = {}, chunk }) {
      const files = new Set<string>();
      const follow = (file: string) => {
        const found = bundle[file];
        if (found?.type !== "chunk" || files.has(file)) return;
        for (const style of found.viteMetadata?.importedCss ?? []) files.add(style);
        files.add(file);
        found.imports.forEach(follow);
      };
      chunk?.dynamicImports.forEach(follow);
      return [...files].map((file) => ({
        tag: "link",
        attrs: {
          rel: file.endsWith(".css") ? "stylesheet" : "modulepreload",
          crossorigin: true,
          href: BASE + file,
        },
        injectTo: "head",
      }));
    },
  },
};

export default defineConfig({
  base: BASE,
  plugins: [react(), early],
  build: {
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: [DRAWING] } } },
  },
});
