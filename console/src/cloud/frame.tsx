/** The frame of the admin's pages. To all others there is no such page, as there are no such commands. */
import { useQuery } from "@tanstack/react-query";
import { Link, useRouterState } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { profileQuery } from "../api/queries.ts";
import { NotFound } from "../app/not-found.tsx";
import { useInSight } from "../parts/in-sight.ts";
import classes from "./frame.module.css";
import { text } from "./text.ts";

const PAGES = [
  { to: "/cloud", name: text.pages.overview },
  { to: "/cloud/accounts", name: text.pages.accounts },
  { to: "/cloud/images", name: text.pages.images },
  { to: "/cloud/pools", name: text.pages.pools },
  { to: "/cloud/prices", name: text.pages.prices },
  { to: "/cloud/audit", name: text.pages.audit },
  { to: "/cloud/webhooks", name: text.pages.webhooks },
] as const;

export function ForAdmins({ children }: { children: ReactNode }) {
  const { data: profile } = useQuery(profileQuery);
  if (profile?.role !== "admin") return <NotFound />;
  return (
    <>
      <Parts />
      {children}
    </>
  );
}

/** The link of the page that is shown says so, and is in sight where there is no room for all. */
function Parts() {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const row = useInSight<HTMLElement>(path);
  return (
    <nav aria-label={text.parts} className={classes.parts} ref={row}>
      {PAGES.map(({ to, name }) => (
        <Link key={to} to={to} activeOptions={{ exact: to === "/cloud", includeSearch: false }}>
          {name}
        </Link>
      ))}
    </nav>
  );
}
