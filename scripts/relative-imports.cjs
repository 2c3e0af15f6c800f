/**
 * Relative imports are taken at their word. Node asks the file system, for each import of a module by another, what is there,
 * whether that is a link, and what kind of modules the folders above it hold: a fifth of the time in which all that Lodge
 * consists of is loaded. Of Lodge's own modules and of the packages that have the most, all of that is known.
 */
const { registerHooks } = require("node:module");

/** Packages of which each file that is imported so is an ES module. */
const PACKAGES = /\/node_modules\/(?:kysely|zod)\//;

registerHooks({
  resolve(specifier, { parentURL, importAttributes, conditions }, next) {
    const format = parentURL === undefined ? null : formatOf(specifier, parentURL);
    if (format === null) return next(specifier, { parentURL, importAttributes, conditions });
    return { url: new URL(specifier, parentURL).href, format, shortCircuit: true };
  },
});

/**
 * Null where it is for Node to find out.
 *
 * @param {string} specifier
 * @param {string} parentURL
 */
function formatOf(specifier, parentURL) {
  if (!specifier.startsWith("./") && !specifier.startsWith("../")) return null;
  if (specifier.endsWith(".ts")) return "module-typescript";
  return specifier.endsWith(".js") && PACKAGES.test(parentURL) ? "module" : null;
}
