/** The place where `scripts/node` has Node keep what it compiled: a start need not strip and compile all of it again. */
"use strict";
const fs = require("node:fs");
const { join } = require("node:path");
const { RUNTIME } = require("./run.cjs");

const PLACE = join(RUNTIME, "compiled");

const hasPlace = (place = PLACE) => fs.existsSync(place);

/**
 * Makes it, empty: what another Node compiled is of no use. What is there is run, so others may not write to it, whatever
 * the umask.
 */
function makePlace(place = PLACE) {
  fs.rmSync(place, { recursive: true, force: true });
  fs.mkdirSync(place, { mode: 0o755 });
}

module.exports = { hasPlace, makePlace };
