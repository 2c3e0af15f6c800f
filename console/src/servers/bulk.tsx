/** What can be done with the servers that are chosen, and what came of it. */
import { Alert, Button, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { Server } from "../api/objects.ts";
import { noteChange } from "../api/queries.ts";
import { ActButton } from "../parts/act-button.tsx";
import { isolated, SentenceWith } from "../parts/theirs.tsx";
import classes from "./bulk.module.css";
import { divided, type Outcome, type Refusal, runOnAll } from "./bulk-run.ts";
import { type Action, hintOf } from "./doing.ts";
import { text } from "./text.ts";

const { bulk } = text;

const OFFERED = ["start", "shutdown", "stop"] as const satisfies readonly Action[];

type Running = { readonly action: Action; readonly over: number; readonly all: number };

type Props = {
  /** Those that are chosen and seen. */
  readonly servers: readonly Server[];
  /** How many more are chosen, which the filter hides: nothing is done with them. */
  readonly hidden: number;
  readonly onClear: () => void;
};

export function Bulk({ servers, hidden, onClear }: Props) {
  const { running, outcome, run, cancel, dismiss } = useRun();
  return (
    <>
      {outcome !== null && <Told outcome={outcome} onClose={dismiss} />}
      {(servers.length > 0 || running !== null) && (
        <section aria-label={bulk.label} className={classes.bar}>
          {running === null ? (
            <>
              <Text size="sm" fw={600} className={classes.count}>
                {bulk.chosen(servers.length, hidden)}
              </Text>
              {OFFERED.map((action) => (
                <BulkButton key={action} action={action} servers={servers} run={run} />
              ))}
              <Button size="xs" variant="subtle" onClick={onClear}>
                {bulk.clear}
              </Button>
            </>
          ) : (
            <>
              <Text size="sm" role="status" className={classes.count}>
                {bulk.running(text.actions[running.action], running.over, running.all)}
              </Text>
              <Button size="xs" variant="default" onClick={cancel}>
                {bulk.cancel}
              </Button>
            </>
          )}
        </section>
      )}
    </>
  );
}

type BulkProps = Pick<Props, "servers"> & {
  readonly action: Action;
  readonly run: (action: Action, servers: readonly Server[]) => void;
};

function BulkButton({ action, servers, run }: BulkProps) {
  const { able, refused } = divided(action, servers);
  const isRefused = able.length === 0;
  const reasons = <Reasons refused={refused} />;
  const name = text.actions[action];
  return (
    <ActButton
      icon={action}
      label={refused.length === 0 || isRefused ? name : bulk.some(name, able.length)}
      hint={refused.length === 0 ? hintOf(action, able) : reasons}
      obstacle={isRefused ? reasons : null}
      onClick={() => run(action, servers)}
    />
  );
}

const MOST_TOLD = 5;

/** Those that have one reason are told together. */
function Reasons({ refused }: { readonly refused: readonly Refusal[] }) {
  const byReason = Map.groupBy(refused, ({ reason }) => reason);
  return (
    <ul className={classes.reasons}>
      {[...byReason].slice(0, MOST_TOLD).map(([reason, those]) => (
        <li key={reason}>
          {bulk.those(
            those.slice(0, MOST_TOLD).map(({ name }) => isolated(name)),
            those.length,
          )}
          : {reason}
        </li>
      ))}
      {byReason.size > MOST_TOLD && <li>{bulk.more(byReason.size - MOST_TOLD)}</li>}
    </ul>
  );
}

function Told({ outcome, onClose }: { readonly outcome: Outcome; readonly onClose: () => void }) {
  const { action, done, gone, refused, left } = outcome;
  const [only] = refused;
  return (
    <Alert
      role="status"
      variant="outline"
      color={refused.length > 0 ? "yellow" : "teal"}
      mb="sm"
      className={classes.told}
      title={bulk.outcome(bulk.done[action], done, gone, refused.length, left)}
      withCloseButton
      closeButtonLabel={bulk.dismiss}
      onClose={onClose}
    >
      {only !== undefined && (
        <>
          <Reasons refused={refused} />
          {refused.length === 1 && (
            <Group mt="xs">
              <Link to="/servers/$uuid" params={{ uuid: only.server }}>
                <SentenceWith says={bulk.show} theirs={only.name} />
              </Link>
            </Group>
          )}
        </>
      )}
    </Alert>
  );
}

/** Whoever leaves the page has nothing more asked. */
function useRun() {
  const client = useQueryClient();
  const [running, setRunning] = useState<Running | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const run = async (action: Action, servers: readonly Server[]) => {
    const { length: all } = divided(action, servers).able;
    abort.current = new AbortController();
    setOutcome(null);
    setRunning({ action, over: 0, all });
    const { signal } = abort.current;
    const onProgress = (over: number) => setRunning({ action, over, all });
    setOutcome(await runOnAll(action, servers, { onProgress, signal }));
    setRunning(null);
    await noteChange(client);
  };
  return {
    ...{ running, outcome },
    run: (...what: Parameters<typeof run>) => void run(...what),
    cancel: () => abort.current?.abort(),
    dismiss: () => setOutcome(null),
  };
}
