/** What pages have alike: their head, a panel, a list of facts, what they say while they wait and when there is nothing. */
import { Alert, Button, Group, Loader, Paper, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { text as words } from "../app/text.ts";
import classes from "./page.module.css";
import { Sentence } from "./short.tsx";
import { text } from "./text.ts";
import { isolated } from "./theirs.tsx";

type HeadProps = {
  readonly title: string;
  /** Beside the title, such as a status. */
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly above?: ReactNode;
};

export function PageHead({ title, note, actions, above }: HeadProps) {
  useEffect(() => {
    document.title = `${isolated(title)} · ${words.product}`;
  }, [title]);
  return (
    <header className={classes.head}>
      {above !== undefined && <div className={classes.above}>{above}</div>}
      <Group gap="md" align="center" className={classes.title}>
        <Title order={1} lineClamp={3} title={title}>
          {title}
        </Title>
        {note}
      </Group>
      {actions !== undefined && <Group gap="xs">{actions}</Group>}
    </header>
  );
}

type PanelProps = { readonly title?: string; readonly children: ReactNode; readonly aside?: ReactNode };

export const Panel = ({ title, children, aside }: PanelProps) => (
  <Paper component="section" withBorder p="lg" bg="var(--lodge-raised)" aria-label={title}>
    {title !== undefined && (
      <Group justify="space-between" mb="md">
        <Title order={2}>{title}</Title>
        {aside}
      </Group>
    )}
    {children}
  </Paper>
);

/** Names with what each is; those that are absent are left out. */
export const Facts = ({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) => (
  <dl className={classes.facts}>
    {facts
      .filter(([, value]) => value !== undefined && value !== "")
      .map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
);

type FailureProps = { readonly error: unknown; readonly title?: string; readonly onRetry?: () => void };

export const Failure = ({ error, title, onRetry }: FailureProps) => (
  <Alert color="red" variant="outline" title={title} role="alert" tabIndex={-1} className={classes.failure}>
    <Text size="sm">
      <Sentence error={error} />
    </Text>
    {onRetry !== undefined && (
      <Button mt="sm" size="xs" variant="default" onClick={onRetry}>
        {words.tryAgain}
      </Button>
    )}
  </Alert>
);

export const Waiting = () => (
  <div className={classes.waiting}>
    <Loader size="sm" aria-label={words.loading} role="status" />
  </div>
);

type EmptyProps = { readonly title: string; readonly children: ReactNode; readonly actions?: ReactNode };

/** Where there is none of something yet: what it is, and how the first one is made. */
export const Empty = ({ title, children, actions }: EmptyProps) => (
  <Paper withBorder p="xl" className={classes.empty} bg="var(--lodge-raised)">
    <Title order={2}>{title}</Title>
    <Text c="dimmed" maw="34rem">
      {children}
    </Text>
    {actions !== undefined && (
      <Group gap="sm" justify="center" mt="xs">
        {actions}
      </Group>
    )}
  </Paper>
);

export const Mono = ({ children }: { children: ReactNode }) =>
  children === "" ? text.none : <span className={classes.mono}>{children}</span>;
