/** What a host finds that it can do for a cloud, and for each lack what follows from it and what to do about it. */
import { Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Failure, Panel, Waiting } from "../parts/page.tsx";
import { Status } from "../parts/status.tsx";
import classes from "./doctor.module.css";
import type { Check } from "./objects.ts";
import { text } from "./text.ts";

const { overview: said } = text;

const KINDS = { good: "active", lacking: "dead", unknown: "paused" } as const;

type Props = {
  readonly host: string;
  readonly found: Pick<UseQueryResult<readonly Check[]>, "data" | "error" | "refetch"> | undefined;
};

export const Doctor = ({ host, found }: Props) => (
  <Panel
    title={said.doctor(host)}
    aside={
      <Text size="sm" c="dimmed">
        {said.doctorHint}
      </Text>
    }
  >
    {found?.error ? (
      <Failure error={found.error} onRetry={() => void found.refetch()} />
    ) : found?.data === undefined ? (
      <Waiting />
    ) : (
      <ul className={classes.checks}>
        {found.data.map((check) => (
          <CheckLine key={check.check} check={check} />
        ))}
      </ul>
    )}
  </Panel>
);

const CheckLine = ({ check: { check, verdict, says, follows, mend } }: { check: Check }) => (
  <li>
    <span className={classes.name}>{check}</span>
    <Status status={said.verdicts[verdict] ?? verdict} kind={KINDS[verdict]} />
    <div className={classes.says}>
      {says}
      {follows !== undefined && (
        <Text size="sm" c="dimmed">
          {said.so} {follows}.
        </Text>
      )}
      {mend !== undefined && (
        <Text size="sm" c="dimmed">
          {said.mend} {mend}
        </Text>
      )}
    </div>
  </li>
);
