/** The frame of all pages: where one is, where one can go, and who one is. */
import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  NavLink,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Activity, useDeferredValue, useEffect, useState } from "react";
import { change } from "../api/client.ts";
import { useIsLost } from "../api/connection.ts";
import { called, type Profile } from "../api/objects.ts";
import { profileQuery } from "../api/queries.ts";
import { useChanges } from "../live/changes.ts";
import { useLink } from "../login/link.ts";
import { Login } from "../login/login.tsx";
import { PaletteButton } from "../palette/button.tsx";
import { Icon, type IconName } from "../parts/icons.tsx";
import { Failure, Waiting } from "../parts/page.tsx";
import { tellFailure } from "../parts/tell.ts";
import { ActingBar } from "./acting-bar.tsx";
import icon from "./icon.svg";
import classes from "./shell.module.css";
import { Standing } from "./standing.tsx";
import { text } from "./text.ts";

const PAGES = [
  { to: "/", name: "overview" },
  { to: "/servers", name: "servers" },
  { to: "/drives", name: "drives" },
  { to: "/images", name: "images" },
  { to: "/addresses", name: "addresses" },
  { to: "/vlans", name: "vlans" },
  { to: "/activity", name: "activity" },
  { to: "/account", name: "account" },
  { to: "/api", name: "api" },
  { to: "/cloud", name: "cloud", role: "admin" },
] as const satisfies readonly Page[];

type Page = {
  readonly to: string;
  readonly name: IconName;
  /** Whose it is, where it is not everybody's. */
  readonly role?: string;
};

const FOUND_PAGES = PAGES.map(({ to, name }) => ({ to, label: text.pages[name], icon: name }));

/** Whoever is not logged in sees the way in, at whichever address they came to. */
export function Shell() {
  const { data, error, refetch } = useQuery(profileQuery);
  // What is read is told at once, and all of a page with it: so it is drawn in pieces.
  const profile = useDeferredValue(data);
  const [before, setBefore] = useState<Profile | null>(null);
  if (profile !== null && (profile ?? null) !== before) setBefore(profile ?? null);
  const link = useLink(before?.user ?? null);
  const { error: refusal, reset } = link;
  // Where the way in is shown, that says so itself.
  const isIn = profile !== null && profile !== undefined;
  useEffect(() => {
    if (!isIn || refusal === null) return;
    tellFailure(text.linkFailed, refusal);
    reset();
  }, [isIn, refusal, reset]);
  if (profile === undefined) {
    if (error === null) return <Waiting />;
    return (
      <>
        <ActingBar name={null} />
        <Failure error={error} onRetry={() => void refetch()} />
      </>
    );
  }
  // A page whose session is over waits hidden behind the login, with all that was typed, and reads nothing meanwhile.
  const shown = profile ?? before;
  return (
    <>
      {profile === null && <Login link={link} before={before?.user ?? null} />}
      {shown !== null && (
        <Activity key={shown.user} mode={profile === null ? "hidden" : "visible"}>
          <Frame profile={shown} />
        </Activity>
      )}
    </>
  );
}

function Frame({ profile }: { profile: Profile }) {
  useChanges();
  const [isOpen, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const name = called(profile.name, profile.user);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes it
  useEffect(close, [path]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 216, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
      padding={{ base: "md", sm: "xl" }}
    >
      <a href="#content" className={classes.skip}>
        {text.skip}
      </a>
      <AppShell.Header className={classes.header}>
        <Burger
          opened={isOpen}
          onClick={toggle}
          hiddenFrom="sm"
          size="sm"
          aria-label={text.openNavigation}
          aria-expanded={isOpen}
        />
        <Link to="/" className={classes.brand}>
          <img src={icon} alt="" width={28} height={28} />
          {text.product}
        </Link>
        <Group gap="xs" ml="auto" wrap="nowrap" className={classes.who}>
          <PaletteButton pages={FOUND_PAGES} />
          <Text size="sm" truncate visibleFrom="xs" className={classes.name} title={name}>
            {name}
          </Text>
          <SchemeButton />
          <LogOutButton />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label={text.navigation} className={classes.navbar}>
        {PAGES.filter((page) => !("role" in page) || page.role === profile.role).map(({ to, name }) => (
          <PageLink key={to} to={to} name={name} isHere={isAt(path, to)} />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <ActingBar name={name} />
        <Lost />
        <Standing profile={profile} />
        <div className={classes.content}>
          <Outlet />
        </div>
      </AppShell.Main>
    </AppShell>
  );
}

const isAt = (path: string, to: string) => (to === "/" ? path === "/" : path.startsWith(to));

const PageLink = ({
  to,
  name,
  isHere,
}: Pick<(typeof PAGES)[number], "to" | "name"> & { isHere: boolean }) => (
  <NavLink
    renderRoot={(props) => <Link to={to} {...props} />}
    label={text.pages[name]}
    leftSection={<Icon name={name} />}
    active={isHere}
    variant="subtle"
    className={classes.link}
    {...(isHere ? { "aria-current": "page" as const } : {})}
  />
);

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      className={classes.icon}
      aria-label={other === "dark" ? text.toDark : text.toLight}
      title={other === "dark" ? text.toDark : text.toLight}
      onClick={() => setColorScheme(other)}
    >
      <Icon name={other} />
    </ActionIcon>
  );
}

function LogOutButton() {
  const client = useQueryClient();
  const logOut = async () => {
    try {
      await change("session/end");
      client.clear();
      client.setQueryData(profileQuery.queryKey, null);
      location.assign("/console/");
    } catch (error) {
      tellFailure(text.logOut, error);
    }
  };
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      className={classes.icon}
      aria-label={text.logOut}
      title={text.logOut}
      onClick={() => void logOut()}
    >
      <Icon name="logOut" />
    </ActionIcon>
  );
}

function Lost() {
  const isLost = useIsLost();
  return (
    <div role="status">
      {isLost && (
        <div className={classes.lost}>
          <Icon name="warning" />
          {text.lost}
        </div>
      )}
    </div>
  );
}
