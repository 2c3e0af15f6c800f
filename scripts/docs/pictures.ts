/** Which pictures `docs/console.md` shows, and of which pages of its map it shows none. */

const PICTURE = /\]\(pictures\/([^)]+)\)/g;

/** Pages whose pictures are taken where more is to be seen on them, and are called otherwise. */
const CALLED: Readonly<Record<string, string>> = {
  "": "overview",
  "servers-UUID-tab-screen": "story",
  "servers-UUID-tab-serial": "serial-live",
  "servers-UUID-tab-graphs": "servers-UUID-tab-graphs-range-day",
  "account-tab-limits": "use",
  "account-tab-money": "money",
  "account-tab-ledger": "ledger",
  "account-tab-invoices": "invoices",
  "account-invoices-MONTH": "invoice",
};

/** What of an address chooses another page; the rest filters or sorts what is on it. */
const CHOOSING = /^(tab|keys)=\w+$/;

/** The files of the pictures that are shown. */
export const picturesIn = (text: string): readonly string[] =>
  [...text.matchAll(PICTURE)].map(([, file = ""]) => file);

/** The addresses of the map: what is in the first column of its table. */
export function pagesIn(text: string): readonly string[] {
  const rows = text.split("\n").filter((line) => line.startsWith("| `/") || line.startsWith("| `?"));
  return rows.flatMap((row) => {
    let path = "";
    return [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, address = ""]) => {
      if (address.startsWith("?")) return path + address;
      [path = ""] = address.split("?");
      return address;
    });
  });
}

/** Addresses of the map of which there is no picture. */
export function pagesWithoutPicture(text: string): readonly string[] {
  const names = new Set(
    picturesIn(text).map((file) => file.replace(/(-(wide|narrow)-(light|dark))?\.\w+$/, "")),
  );
  return pagesIn(text).filter((address) => !names.has(nameOf(address)));
}

function nameOf(address: string): string {
  const [path = "", search = ""] = address.slice(1).split("?");
  const chosen = search.split("&").filter((each) => CHOOSING.test(each));
  const name = [path, ...chosen].join("?").replaceAll(/\W+/g, "-");
  return CALLED[name] ?? name;
}

/** Pages that a browser can be led to, as `router.tsx` declares them, which the map does not have. */
export function routesOutOfMap(router: string, text: string): readonly string[] {
  const mapped = new Set(pagesIn(text).map((address) => address.split("?")[0]));
  const routes = [...router.matchAll(/\bpath: "([^"]+)"/g)].map(([, path = ""]) =>
    path.replace("$month", "MONTH").replace(/\$\w+/, "UUID"),
  );
  return routes.filter((path) => !mapped.has(path));
}
