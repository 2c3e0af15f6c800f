/** The admin's pages as they are seen: in light and dark, on a screen and on a phone, with one of a thing, many and none. */
import { test } from "node:test";
import { shareOf } from "../../testing/share.ts";
import { adminStage, type CloudStage, makeAccounts } from "./cloud-stage.ts";
import { assertLooks, assertPages, limitOf, type Shown, type Size } from "./looked.ts";
import { fill } from "./scene.ts";
import { SIZES } from "./stage.ts";

const EMPTY: readonly Shown[] = [
  ["cloud", "Cloud"],
  ["cloud/images", "No standard images yet"],
  ["cloud/prices", "This cloud charges nothing"],
  ["cloud/webhooks", "No webhooks yet"],
];

const pagesOf = ({ user, bob }: CloudStage): readonly Shown[] => [
  ["cloud", "Cloud"],
  ["cloud/accounts", "Accounts"],
  ["cloud/accounts?q=customer-00", "Accounts"],
  ["cloud/accounts/create", "Create an account"],
  [`cloud/accounts/${user}`, "ann"],
  [`cloud/accounts/${bob}`, "bob"],
  [`cloud/accounts/${bob}?tab=settings`, "bob"],
  [`cloud/accounts/${bob}?tab=money`, "bob"],
  [`cloud/accounts/${bob}?tab=events`, "bob"],
  [`cloud/accounts/${bob}?dialog=suspend`, "Suspend bob?"],
  [`cloud/accounts/${bob}?dialog=close`, "Close bob for good?"],
  ["cloud/accounts/11111111-2222-4333-8444-555555555555", "It is not there"],
  ["cloud/images", "Images"],
  ["cloud/images?dialog=add", "Add an image"],
  ["cloud/pools", "Pools"],
  ["cloud/pools?dialog=add", "Add a pool"],
  ["cloud/prices", "Prices"],
  ["cloud/prices?dialog=add", "Add a price list"],
  ["cloud/audit", "Audit"],
  ["cloud/webhooks", "Webhooks"],
  ["cloud/webhooks?dialog=add", "Add a webhook"],
];

/** Fills the cloud with something of each kind, of which some needs its operator. */
async function fillCloud(cloud: CloudStage): Promise<void> {
  const { stage, ask, bob } = cloud;
  await fill(stage);
  await makeAccounts(cloud, 30);
  await ask(`accounts/${bob}/set`, { email: "bob@example.com", "limit:mem": "2048", "limit:servers": "10" });
  await ask("drives/create", { name: "disk", size: "64M" }, bob);
  await ask("pools/add", { network: "203.0.113.0/28", gateway: "203.0.113.1", nameserver: "192.0.2.53" });
  await ask("resources/ip/create", { name: "web" }, bob);
  await ask("webhooks/create", {
    url: "https://billing.example.com/lodge",
    events: "account.warning invoice.made",
  });
  await ask("pricing/set", {
    currency: "EUR",
    from: "now",
    "mem:burst": "0.00001",
    "ip:burst": "0.003",
    "ip:subscription": "1.5",
  });
  await ask(`accounts/${bob}/credit`, { amount: "50", reference: "2027-0001", text: "bank transfer" });
  const { machine } = stage.cloud;
  machine.checks = [
    { name: "Programs", verdict: "good", state: "all there" },
    {
      ...{ name: "KVM", verdict: "lacking", state: "no: there is no /dev/kvm" },
      follows: "guests are emulated, ten to fifty times slower",
      todo: "turn on virtualization in the firmware, or, in a virtual machine, nested virtualization on its host",
    },
    { name: "Network", verdict: "unknown", state: "not known: it took longer than 30 s" },
  ];
  const [lost] = machine.drives.keys();
  machine.drives.delete(String(lost));
}

const LIMIT = limitOf(30);

for (const size of Object.keys(SIZES) as Size[]) {
  test(
    `${size}: every page of the cloud, in light and dark, meets WCAG 2.2 AA and fits its screen`,
    LIMIT,
    async (t) => {
      const cloud = await adminStage(t);
      const page = await cloud.stage.enter("", { size });
      await assertPages(page, cloud.stage.url, shareOf(EMPTY, 3), size);
      await fillCloud(cloud);
      await assertPages(page, cloud.stage.url, shareOf(pagesOf(cloud), 4), size);
      await page.goto(`${cloud.stage.url}cloud/accounts/${cloud.bob}`);
      await page.getByRole("button", { name: "Act as" }).click();
      await page.getByRole("region", { name: "You act as" }).waitFor();
      await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
      await assertLooks(page, "acting", size);
    },
  );
}
