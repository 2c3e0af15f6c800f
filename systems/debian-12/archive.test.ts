import assert from "node:assert/strict";
import { test } from "node:test";
import { archiveOf } from "./archive.ts";

const MIRROR = "http://mirror.example/debian/";

const target = (origin: string, codename: string, rest = "main amd64", uri = MIRROR, suite = codename) =>
  `${origin} ${codename} ${rest} ${uri} ${suite} /var/lib/apt/lists/${codename}_Packages`;

const stamp = (file: string) => `${file} is as it was`;

const sourcesOf = (...targets: string[]) => archiveOf(targets.join("\n"), "", stamp).sources;

test("packages come from the mirrors of Debian 12 that apt has, whatever its suites are called there", () => {
  assert.deepEqual(
    sourcesOf(
      target("Debian", "bookworm", "main amd64", MIRROR, "stable"),
      target("Debian", "bookworm-security", "main amd64", "http://mirror.example/security/"),
    ),
    [`deb ${MIRROR} stable main`, "deb http://mirror.example/security/ bookworm-security main"],
  );
});

test("other makers' packages, other releases, parts and machines are left alone", () => {
  const others = [
    target("Other", "bookworm"),
    target("$(ORIGIN)", "$(CODENAME)"),
    target("Debian", "trixie"),
    target("Debian", "bookworm", "contrib amd64"),
    target("Debian", "bookworm", "main arm64"),
  ];
  assert.deepEqual(sourcesOf(...others, target("Debian", "bookworm")), [`deb ${MIRROR} bookworm main`]);
});

test("where apt has no mirror of the release itself, it is said that one is to be added", () => {
  for (const targets of [[], [target("Debian", "bookworm-updates")]]) {
    assert.throws(
      () => sourcesOf(...targets),
      /no mirror of Debian 12 .* MIRROR bookworm main.* apt-get update$/,
    );
  }
});

test("of apt's settings those are taken that say how it fetches", () => {
  const settings = [
    'Acquire::http::Proxy "http://proxy.example:3128/";',
    'Acquire::Check-Valid-Until "false";',
    'Acquire::Languages:: "none";',
  ];
  const { options } = archiveOf(target("Debian", "bookworm"), settings.join("\n"), stamp);
  assert.deepEqual(options, settings.slice(0, 2));
});

test("the archive's state changes with apt's lists of packages", () => {
  const state = (stampOf: (file: string) => string) =>
    archiveOf(target("Debian", "bookworm"), "", stampOf).state;
  assert.equal(state(stamp), state(stamp));
  assert.notEqual(
    state(stamp),
    state(() => "newer"),
  );
});
