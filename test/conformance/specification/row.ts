/**
 * The specification as a list: its tables in its order, and under each row, key and note the tests that show it. From
 * it `docs/conformance.md` is made.
 */

/** A test by its file and its own name, without those of its suites. */
export type Test = { readonly file: string; readonly name: string };

/** What is said, and the tests that show it. */
export type Shown = Readonly<Record<string, readonly Test[]>>;

export type Table = {
  readonly title: string;
  /** The path of the command as it is declared, where the table is one about a command. */
  readonly command?: string;
  /** Shows the row itself: method, path, what it expects and returns, when it says no more. */
  readonly row?: readonly Test[];
  /** The keys that the command expects, as the specification writes them. */
  readonly takes?: Shown;
  /** The keys that it returns. */
  readonly answers?: Shown;
  /** Rows that name no key: notes, errors, statements. */
  readonly says?: Shown;
};

/** A chapter of the specification. */
export type Chapter = { readonly title: string; readonly tables: readonly Table[] };

/** Names tests of a file. */
const testsOf =
  (file: string) =>
  (...names: readonly string[]): readonly Test[] =>
    names.map((name) => ({ file, name }));

export const accounts = testsOf("test/conformance/accounts.test.ts");
export const ownAccounts = testsOf("test/state/accounts.test.ts");
export const sessions = testsOf("test/state/sessions.test.ts");
export const screens = testsOf("test/state/screens.test.ts");
export const audit = testsOf("test/state/audit.test.ts");
export const changes = testsOf("test/state/changes.test.ts");
export const streams = testsOf("src/http/streams.test.ts");
export const limits = testsOf("test/state/limits.test.ts");
export const money = testsOf("test/conformance/money.test.ts");
export const usage = testsOf("test/conformance/usage.test.ts");
export const used = testsOf("test/state/use.test.ts");
export const samples = testsOf("test/conformance/samples.test.ts");
export const sampled = testsOf("test/state/samples.test.ts");
export const usageRules = testsOf("src/usage/usage.test.ts");
export const clock = testsOf("src/metering/boot-clock.test.ts");
export const coverage = testsOf("test/state/coverage.test.ts");
export const charging = testsOf("src/billing/charging.test.ts");
export const moneyRules = testsOf("src/billing/money.test.ts");
export const stores = testsOf("src/billing/stores.test.ts");
export const ledger = testsOf("src/billing/ledger.test.ts");
export const login = testsOf("src/accounts/login.test.ts");
export const addresses = testsOf("test/guest/addresses.test.ts");
export const booting = testsOf("test/guest/boot.test.ts");
export const cloud = testsOf("test/conformance/cloud.test.ts");
export const cloudState = testsOf("test/state/cloud.test.ts");
export const imageState = testsOf("test/state/images.test.ts");
export const doctor = testsOf("src/host/doctor/examine.test.ts");
export const clients = testsOf("test/clients/facts.test.ts");
export const devices = testsOf("test/guest/devices.test.ts");
export const drives = testsOf("test/conformance/drives.test.ts");
export const elastichosts = testsOf("src/cli/client/elastichosts.test.ts");
export const errors = testsOf("src/http/errors.test.ts");
export const example = testsOf("test/example.test.ts");
export const guest = testsOf("test/guest/life.test.ts");
export const guestImages = testsOf("test/guest/images.test.ts");
export const guestNetwork = testsOf("test/guest/network.test.ts");
export const images = testsOf("test/conformance/images.test.ts");
export const imaging = testsOf("test/conformance/imaging.test.ts");
export const downloading = testsOf("test/conformance/download.test.ts");
export const fetching = testsOf("test/conformance/fetch.test.ts");
export const fetchingState = testsOf("test/state/fetch.test.ts");
export const fetchingOnHost = testsOf("src/host/volumes/fetch.test.ts");
export const downloads = testsOf("src/download/download.test.ts");
export const imagingFaults = testsOf("src/host/volumes/copy-jobs-faults.test.ts");
export const imagingOfGuests = testsOf("test/guest/imaging.test.ts");
export const imagingOnHost = testsOf("src/host/volumes/copy-jobs.test.ts");
export const imagingState = testsOf("test/state/imaging.test.ts");
export const introduction = testsOf("test/conformance/introduction.test.ts");
export const libcloud = testsOf("test/clients/libcloud.test.ts");
export const networks = testsOf("test/conformance/networks.test.ts");
export const openapi = testsOf("test/conformance/openapi.test.ts");
export const placement = testsOf("test/conformance/placement.test.ts");
export const serverPlacement = testsOf("src/placement/servers.test.ts");
export const resources = testsOf("test/conformance/resources.test.ts");
export const resourcesAtOnce = testsOf("test/state/resources.test.ts");
export const servers = testsOf("test/conformance/servers.test.ts");
export const setting = testsOf("test/conformance/set.test.ts");
export const sharing = testsOf("test/conformance/sharing.test.ts");
export const statuses = testsOf("test/guest/status.test.ts");
export const tools = testsOf("src/cli/client/transfer.test.ts");
export const transfers = testsOf("src/cli/client/transfers.test.ts");
export const funds = testsOf("test/state/funds.test.ts");
export const fundsRule = testsOf("src/accounts/funds/rule.test.ts");
export const invoices = testsOf("src/billing/invoices.test.ts");
export const invoiceCommands = testsOf("test/state/invoices.test.ts");
export const webhooks = testsOf("test/state/webhooks.test.ts");
export const hookMessages = testsOf("src/webhooks/message.test.ts");
export const hookPosts = testsOf("src/webhooks/post.test.ts");
export const seeds = testsOf("test/state/seeds.test.ts");
export const seededGuest = testsOf("test/guest/seed.test.ts");
export const vncTls = testsOf("test/guest/vnc-tls.test.ts");
