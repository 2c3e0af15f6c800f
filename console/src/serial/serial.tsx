/** A server's serial port: what it said last, what it says now, and a keyboard for it. */
import { Button, Code, Group, Stack, Switch, Text, useComputedColorScheme } from "@mantine/core";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { type Server, textOf } from "../api/objects.ts";
import { part } from "../api/part.ts";
import { ActButton } from "../parts/act-button.tsx";
import { Failure, Panel } from "../parts/page.tsx";
import { tell, tellFailure } from "../parts/tell.ts";
import { StartButton } from "../servers/actions.tsx";
import type { SerialConnection } from "./connection.ts";
import classes from "./serial.module.css";
import type { TerminalView } from "./terminal.ts";
import { text } from "./text.ts";

export function Serial({ server }: { server: Server }) {
  const isStopped = textOf(server.status) === "stopped";
  // Another run is another port: it is connected to anew.
  return <Shown key={`${server.server} ${isStopped}`} server={server} isStopped={isStopped} />;
}

type State = "connecting" | "live" | "ended";

function Shown({ server, isStopped }: { server: Server; isStopped: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const { view, connection, state, isSilent, error, connect } = useSerial(server.server, box);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    if (view !== null) view.scheme = scheme;
  }, [view, scheme]);
  useEffect(() => {
    if (view !== null) view.isReadOnly = state !== "live";
  }, [view, state]);
  const stopped = isSilent ? text.silent : text.over;
  const status = { connecting: text.connecting, live: text.live, ended: isStopped ? stopped : text.ended };
  return (
    <Panel title={text.title}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {text.needs} <Code>{text.console}</Code> {text.needsMore}
        </Text>
        {error !== null && <Failure title={text.failed} error={error} onRetry={connect} />}
        <Bar view={view} connection={state === "live" ? connection : null} name={textOf(server.name)} />
        {error === null && (
          <Group gap="sm" justify="space-between">
            <Text size="sm" c="dimmed" role="status">
              {status[state]}
            </Text>
            {state === "ended" && isStopped && <StartButton server={server} />}
            {state === "ended" && !isStopped && (
              <Button variant="default" size="xs" onClick={connect}>
                {text.again}
              </Button>
            )}
          </Group>
        )}
        <section ref={box} className={classes.box} aria-label={text.terminal} />
      </Stack>
    </Panel>
  );
}

/** The terminal in the box, and what it is connected to, until the page goes. */
function useSerial(uuid: string, box: RefObject<HTMLDivElement | null>) {
  const [view, setView] = useState<TerminalView | null>(null);
  const [connection, setConnection] = useState<SerialConnection | null>(null);
  const [state, setState] = useState<State>("connecting");
  const [isSilent, setSilent] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const connect = useCallback(() => setAttempt((before) => before + 1), []);
  const said = useRef<(text: string) => void>(() => {});
  useEffect(() => {
    let made: TerminalView | null = null;
    let isOver = false;
    part(() => import("./terminal.ts"))
      .then(({ TerminalView: View }) => {
        if (isOver || box.current === null) return;
        made = new View(box.current, text.typed, (typed) => said.current(typed));
        setView(made);
      })
      .catch(setError);
    return () => {
      isOver = true;
      made?.dispose();
    };
  }, [box]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt connects anew
  useEffect(() => {
    if (view === null) return;
    let isOver = false;
    let opened: SerialConnection | null = null;
    setState("connecting");
    setError(null);
    connectTo(uuid, {
      async past(bytes) {
        if (isOver) return;
        setSilent(bytes.length === 0);
        await view.showPast(bytes);
        if (!isOver) setState("live");
      },
      said: (bytes) => isOver || view.show(bytes),
      over: () => isOver || setState("ended"),
    })
      .then((made) => {
        if (isOver) return made.close();
        opened = made;
        said.current = (typed) => made.say(typed);
        setConnection(made);
      })
      .catch((failure: unknown) => isOver || setError(failure));
    return () => {
      isOver = true;
      said.current = () => {};
      opened?.close();
    };
  }, [uuid, view, attempt]);
  return { view, connection, state, isSilent, error, connect };
}

async function connectTo(...[uuid, told]: Parameters<typeof SerialConnection.open>) {
  const { SerialConnection: Connection } = await part(() => import("./connection.ts"));
  return Connection.open(uuid, told);
}

type BarProps = {
  readonly view: TerminalView | null;
  /** Null: nothing that is said would be heard. */
  readonly connection: SerialConnection | null;
  readonly name: string;
};

function Bar({ view, connection, name }: BarProps) {
  const [isRead, setRead] = useState(false);
  useEffect(() => {
    if (view !== null) view.readerMode = isRead;
  }, [view, isRead]);
  const copy = async () => {
    await navigator.clipboard?.writeText(view?.selection ?? "");
    tell(text.copied);
  };
  const paste = async () => {
    const pasted = await navigator.clipboard?.readText().catch(() => undefined);
    if (pasted === undefined) tellFailure(text.pasteFailed, new Error(text.pasteHint));
    else view?.paste(pasted);
  };
  const save = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([view?.text ?? ""], { type: "text/plain" }));
    link.download = `${name || "server"}-serial.txt`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const button = { size: "xs", variant: "default", disabled: view === null } as const;
  return (
    <Group gap="xs">
      <Button {...button} onClick={() => void copy().catch(() => {})}>
        {text.copy}
      </Button>
      <ActButton
        label={text.paste}
        obstacle={connection === null ? text.notLive : null}
        onClick={() => void paste()}
      />
      <Button {...button} onClick={() => view?.clear()}>
        {text.clear}
      </Button>
      <Button {...button} onClick={save}>
        {text.save}
      </Button>
      <Switch
        ml={4}
        label={text.reader}
        checked={isRead}
        onChange={({ currentTarget }) => setRead(currentTarget.checked)}
      />
    </Group>
  );
}
