/** The pages and their addresses: what of a page can be shown otherwise is in its address too. */
import { Button, Stack, Text } from "@mantine/core";
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { drivesQuery, resourcesQuery, serversQuery, standardQuery } from "../api/queries.ts";
import { Overview } from "../overview/overview.tsx";
import { listSearch } from "../parts/list.ts";
import { Failure, PageHead, Waiting } from "../parts/page.tsx";
import { Shell } from "./shell.tsx";
import { text } from "./text.ts";

type Context = { readonly queries: QueryClient };

const root = createRootRouteWithContext<Context>()({ component: Shell, notFoundComponent: NotFound });

const tabSearch = ({ tab }: Readonly<Record<string, unknown>>): { tab?: string } =>
  typeof tab === "string" ? { tab } : {};

/** Which command of the API is shown, and what those that are listed are filtered by. */
const commandSearch = ({
  command,
  q,
}: Readonly<Record<string, unknown>>): { command?: string; q?: string } => ({
  ...(typeof command === "string" ? { command } : {}),
  ...(typeof q === "string" && q !== "" ? { q } : {}),
});

/** What a server is to boot: a standard image, or a drive. */
const systemSearch = ({ image, drive, keys }: Readonly<Record<string, unknown>>): SystemSearch => ({
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

const at = { getParentRoute: () => root };

const routes = [
  createRoute({ ...at, path: "/", component: Overview, loader: begins(serversQuery, drivesQuery) }),
  createRoute({
    ...at,
    path: "/servers",
    validateSearch: listSearch,
    loader: begins(serversQuery),
    component: lazyRouteComponent(() => import("../servers/list.tsx"), "ServerList"),
  }),
  createRoute({
    ...at,
    path: "/servers/create",
    validateSearch: systemSearch,
    loader: begins(standardQuery, drivesQuery, resourcesQuery),
    component: lazyRouteComponent(() => import("../servers/create.tsx"), "CreateServer"),
  }),
  createRoute({
    ...at,
    path: "/servers/$uuid",
    validateSearch: tabSearch,
    component: lazyRouteComponent(() => import("../servers/page.tsx"), "ServerPage"),
  }),
  createRoute({
    ...at,
    path: "/drives",
    validateSearch: listSearch,
    loader: begins(drivesQuery, serversQuery),
    component: lazyRouteComponent(() => import("../drives/list.tsx"), "DriveList"),
  }),
  createRoute({
    ...at,
    path: "/drives/create",
    component: lazyRouteComponent(() => import("../drives/create.tsx"), "CreateDrive"),
  }),
  createRoute({
    ...at,
    path: "/drives/upload",
    component: lazyRouteComponent(() => import("../drives/upload.tsx"), "UploadDrive"),
  }),
  createRoute({
    ...at,
    path: "/drives/$uuid",
    validateSearch: tabSearch,
    component: lazyRouteComponent(() => import("../drives/page.tsx"), "DrivePage"),
  }),
  createRoute({
    ...at,
    path: "/images",
    loader: begins(standardQuery),
    component: lazyRouteComponent(() => import("../images/images.tsx"), "Images"),
  }),
  createRoute({
    ...at,
    path: "/addresses",
    validateSearch: listSearch,
    loader: begins(resourcesQuery, serversQuery),
    component: lazyRouteComponent(() => import("../resources/list.tsx"), "Addresses"),
  }),
  createRoute({
    ...at,
    path: "/vlans",
    validateSearch: listSearch,
    loader: begins(resourcesQuery, serversQuery),
    component: lazyRouteComponent(() => import("../resources/list.tsx"), "Vlans"),
  }),
  createRoute({
    ...at,
    path: "/account",
    validateSearch: tabSearch,
    component: lazyRouteComponent(() => import("../account/account.tsx"), "Account"),
  }),
  createRoute({
    ...at,
    path: "/api",
    validateSearch: commandSearch,
    component: lazyRouteComponent(() => import("../commands/commands.tsx"), "Commands"),
  }),
] as const;

export const openRouter = (queries: QueryClient) =>
  createRouter({
    routeTree: root.addChildren(routes),
    basepath: "/console",
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

function NotFound() {
  return (
    <Stack align="flex-start">
      <PageHead title={text.notFound} />
      <Text c="dimmed">{text.notFoundHint}</Text>
      <Button renderRoot={(props) => <Link to="/" {...props} />} variant="default">
        {text.toOverview}
      </Button>
    </Stack>
  );
}

const Broken = ({ error, reset }: ErrorComponentProps) => (
  <Failure title={text.brokenTitle} error={error} onRetry={reset} />
);
