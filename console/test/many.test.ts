/** The pages of who has a thousand of everything, in light and dark, on a screen and on a phone. */
import { test } from "node:test";
import { shareOf } from "../../testing/share.ts";
import { adminStage } from "./cloud-stage.ts";
import { assertLooks, type Size } from "./looked.ts";
import { fillImages, fillLists } from "./many.ts";
import { goWithin, SIZES } from "./stage.ts";

const MANY = 1_000;

/** Pages, and what is on each once it has come. */
const PAGES: readonly (readonly [path: string, shown: string])[] = [
  ["servers", "server-0000"],
  ["drives", "drive-0000"],
  ["images", "image-0000"],
  ["addresses", "198.18.0.0"],
  ["vlans", "vlan-0000"],
  ["servers?view=cards", "server-0000"],
  ["servers/create", "Create the server"],
  ["activity", "Today"],
  ["cloud/accounts", "customer-0000"],
  ["cloud/images", "image-0000"],
  ["cloud/audit", "accounts/info"],
  ["", "Overview"],
];

for (const size of Object.keys(SIZES) as Size[]) {
  test(`${size}: every page with a thousand of each, in light and dark, meets WCAG 2.2 AA and fits its screen`, async (t) => {
    const cloud = await adminStage(t);
    const { stage } = cloud;
    await fillLists(stage, MANY, MANY);
    await fillImages(stage, MANY);
    await cloud.fillTrail(MANY);
    const page = await stage.enter("", { size });
    for (const [path, shown] of shareOf(PAGES, PAGES.length)) {
      await goWithin(page, stage.url + path);
      await page.getByText(shown).filter({ visible: true }).first().waitFor();
      await assertLooks(page, `many-${path.replaceAll(/\W+/g, "-") || "overview"}`, size);
    }
  });
}
