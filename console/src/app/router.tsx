/** The pages and their addresses: what of a page can be shown otherwise is in its address too. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { activitySearch } from "../activity/search.ts";
import { part } from "../api/part.ts";
import { drivesQuery, resourcesQuery, serversQuery, standardQuery } from "../api/queries.ts";
import { auditSearch, dialogSearch } from "../cloud/search.ts";
import { accountSearch } from "../money/search.ts";
import { Overview } from "../overview/overview.tsx";
import { listSearch } from "../parts/list.ts";
import { openDialog } from "../parts/open-dialog.ts";
import { Failure, Waiting } from "../parts/page.tsx";
import { isYes, nothingBut, readSearch, type Search, writeSearch } from "../parts/search.ts";
import { NotFound } from "./not-found.tsx";
import { Shell } from "./shell.tsx";
import { text } from "./text.ts";

type Context = { readonly queries: QueryClient };

const root = createRootRouteWithContext<Context>()({ component: Shell, notFoundComponent: NotFound });

const tabSearch = ({ tab, dialog }: Search): TabSearch => ({
  ...(typeof tab === "string" ? { tab } : {}),
  ...openDialog({ dialog }),
});

type TabSearch = { tab?: string; dialog?: string };

const resourceSearch = (search: Search) => ({ ...listSearch(search), ...openDialog(search) });

/** Of a server's page: which part of it, and of its graphs which range, and whether they are a table. */
const serverSearch = (search: Search): ServerSearch => ({
  ...tabSearch(search),
  ...(typeof search.range === "string" ? { range: search.range } : {}),
  ...(isYes(search.figures) ? { figures: true } : {}),
});

type ServerSearch = TabSearch & { range?: string; figures?: true };

/** Which command of the API is shown, and what those that are listed are filtered by. */
const commandSearch = ({ command, q }: Search): { command?: string; q?: string } => ({
  ...(typeof command === "string" ? { command } : {}),
  ...(typeof q === "string" && q !== "" ? { q } : {}),
});

/** What a server is to boot: a standard image, or a drive. */
const systemSearch = ({ image, drive, keys }: Search): SystemSearch => ({
  ...(typeof image === "string" ? { image } : {}),
  ...(typeof drive === "string" ? { drive } : {}),
  ...(keys === "all" ? { keys } : {}),
});

type SystemSearch = { image?: string; drive?: string; keys?: "all" };

/** Begins to read what a page shows before it is there; what comes of it, the page says. */
const begins =
  (...found: readonly (typeof serversQuery | typeof drivesQuery | typeof resourcesQuery)[]) =>
  ({ context: { queries } }: { context: Context }) => {
    for (const query of found) void queries.prefetchQuery(query as typeof serversQuery);
  };

/** A page that comes when it is gone to: what a module exports by that name. */
const lazyPage: typeof lazyRouteComponent = (bring, name) => lazyRouteComponent(() => part(bring), name);

const at = { getParentRoute: () => root };

const routes = [
  createRoute({ ...at, path: "/", component: Overview, loader: begins(serversQuery, drivesQuery) }),
  createRoute({
    ...at,
    path: "/servers",
    validateSearch: nothingBut(listSearch),
    loader: begins(serversQuery),
    component: lazyPage(() => import("../servers/list.tsx"), "ServerList"),
  }),
  createRoute({
    ...at,
    path: "/servers/create",
    validateSearch: nothingBut(systemSearch),
    loader: begins(standardQuery, drivesQuery, resourcesQuery),
    component: lazyPage(() => import("../servers/create.tsx"), "CreateServer"),
  }),
  createRoute({
    ...at,
    path: "/servers/$uuid",
    validateSearch: nothingBut(serverSearch),
    component: lazyPage(() => import("../servers/page.tsx"), "ServerPage"),
  }),
  createRoute({
    ...at,
    path: "/drives",
    validateSearch: nothingBut(listSearch),
    loader: begins(drivesQuery, serversQuery),
    component: lazyPage(() => import("../drives/list.tsx"), "DriveList"),
  }),
  createRoute({
    ...at,
    path: "/drives/create",
    component: lazyPage(() => import("../drives/create.tsx"), "CreateDrive"),
  }),
  createRoute({
    ...at,
    path: "/drives/upload",
    component: lazyPage(() => import("../drives/upload.tsx"), "UploadDrive"),
  }),
  createRoute({
    ...at,
    path: "/drives/fetch",
    component: lazyPage(() => import("../drives/fetch.tsx"), "FetchDrive"),
  }),
  createRoute({
    ...at,
    path: "/drives/$uuid",
    validateSearch: nothingBut(tabSearch),
    component: lazyPage(() => import("../drives/page.tsx"), "DrivePage"),
  }),
  createRoute({
    ...at,
    path: "/images",
    validateSearch: nothingBut(listSearch),
    loader: begins(standardQuery),
    component: lazyPage(() => import("../images/images.tsx"), "Images"),
  }),
  createRoute({
    ...at,
    path: "/addresses",
    validateSearch: nothingBut(resourceSearch),
    loader: begins(resourcesQuery, serversQuery),
    component: lazyPage(() => import("../resources/list.tsx"), "Addresses"),
  }),
  createRoute({
    ...at,
    path: "/vlans",
    validateSearch: nothingBut(resourceSearch),
    loader: begins(resourcesQuery, serversQuery),
    component: lazyPage(() => import("../resources/list.tsx"), "Vlans"),
  }),
  createRoute({
    ...at,
    path: "/activity",
    validateSearch: nothingBut(activitySearch),
    loader: begins(serversQuery, drivesQuery, resourcesQuery),
    component: lazyPage(() => import("../activity/page.tsx"), "ActivityPage"),
  }),
  createRoute({
    ...at,
    path: "/account",
    validateSearch: nothingBut(accountSearch),
    component: lazyPage(() => import("../account/account.tsx"), "Account"),
  }),
  createRoute({
    ...at,
    path: "/api",
    validateSearch: nothingBut(commandSearch),
    component: lazyPage(() => import("../commands/commands.tsx"), "Commands"),
  }),
  createRoute({
    ...at,
    path: "/cloud",
    component: lazyPage(() => import("../cloud/overview.tsx"), "CloudOverview"),
  }),
  createRoute({
    ...at,
    path: "/cloud/accounts",
    validateSearch: nothingBut(listSearch),
    component: lazyPage(() => import("../cloud/accounts.tsx"), "CloudAccounts"),
  }),
  createRoute({
    ...at,
    path: "/cloud/accounts/create",
    component: lazyPage(() => import("../cloud/create-account.tsx"), "CreateAccount"),
  }),
  createRoute({
    ...at,
    path: "/cloud/accounts/$user",
    validateSearch: nothingBut(dialogSearch),
    component: lazyPage(() => import("../cloud/account.tsx"), "CloudAccount"),
  }),
  createRoute({
    ...at,
    path: "/cloud/images",
    validateSearch: nothingBut(dialogSearch),
    component: lazyPage(() => import("../cloud/images.tsx"), "CloudImages"),
  }),
  createRoute({
    ...at,
    path: "/cloud/pools",
    validateSearch: nothingBut(dialogSearch),
    component: lazyPage(() => import("../cloud/pools.tsx"), "CloudPools"),
  }),
  createRoute({
    ...at,
    path: "/cloud/prices",
    validateSearch: nothingBut(dialogSearch),
    component: lazyPage(() => import("../cloud/prices.tsx"), "CloudPrices"),
  }),
  createRoute({
    ...at,
    path: "/cloud/webhooks",
    validateSearch: nothingBut(dialogSearch),
    component: lazyPage(() => import("../cloud/webhooks.tsx"), "CloudWebhooks"),
  }),
  createRoute({
    ...at,
    path: "/cloud/audit",
    validateSearch: nothingBut(auditSearch),
    component: lazyPage(() => import("../cloud/audit.tsx"), "CloudAudit"),
  }),
  createRoute({
    ...at,
    path: "/account/invoices/$month",
    component: lazyPage(() => import("../money/invoice.tsx"), "InvoicePage"),
  }),
] as const;

export const openRouter = (queries: QueryClient) =>
  createRouter({
    routeTree: root.addChildren(routes),
    basepath: "/console",
    parseSearch: readSearch,
    stringifySearch: writeSearch,
    context: { queries },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultPendingComponent: Waiting,
    defaultErrorComponent: Broken,
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof openRouter>;
  }
}

const Broken = ({ error, reset }: ErrorComponentProps) => (
  <Failure title={text.brokenTitle} error={error} onRetry={reset} />
);
