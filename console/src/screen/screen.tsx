/** A server's screen: what it shows now, and a keyboard and a mouse for it. */
import { Button, Group, Stack, Switch, Text } from "@mantine/core";
import type RFB from "@novnc/novnc";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { change } from "../api/client.ts";
import { type Server, textOf } from "../api/objects.ts";
import { serverCan, serverStateOf } from "../api/rules.ts";
import { Failure, Panel } from "../parts/page.tsx";
import classes from "./screen.module.css";
import { SendText } from "./send-text.tsx";
import { text } from "./text.ts";

export function Screen({ server }: { server: Server }) {
  const status = textOf(server.status);
  const reason = serverCan.screen(serverStateOf({ server: server.server, status }));
  if (reason === null) return <Shown key={server.server} uuid={server.server} name={textOf(server.name)} />;
  return (
    <Panel title={text.title}>
      <Text c="dimmed">{`${reason.sentence.charAt(0).toUpperCase()}${reason.sentence.slice(1)}.`}</Text>
    </Panel>
  );
}

type State = "connecting" | "shown" | "ended";

function Shown({ uuid, name }: { uuid: string; name: string }) {
  const box = useRef<HTMLDivElement>(null);
  const { rfb, state, error, connect } = useScreen(uuid, box);
  const [isSending, setSending] = useState(false);
  return (
    <Panel title={text.title}>
      <Stack gap="sm">
        {!window.isSecureContext && <Text size="sm">{text.insecure}</Text>}
        {error !== null && <Failure title={text.failed} error={error} onRetry={connect} />}
        <Bar rfb={rfb} state={state} box={box} name={name} onSend={() => setSending(true)} />
        <Text size="sm" c="dimmed" role="status">
          {state === "connecting" && error === null && text.connecting}
          {state === "ended" && text.ended}
        </Text>
        {state === "ended" && error === null && (
          <Group>
            <Button variant="default" onClick={connect}>
              {text.again}
            </Button>
          </Group>
        )}
        <div ref={box} className={classes.box} role="application" aria-label={text.title} />
      </Stack>
      {isSending && rfb !== null && <SendText keyboard={rfb} onClose={() => setSending(false)} />}
    </Panel>
  );
}

/** The screen in the box, from when it is asked for until the page goes. */
function useScreen(uuid: string, box: RefObject<HTMLDivElement | null>) {
  const [rfb, setRfb] = useState<RFB | null>(null);
  const [state, setState] = useState<State>("connecting");
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const connect = useCallback(() => setAttempt((before) => before + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt connects anew
  useEffect(() => {
    let isOver = false;
    let opened: RFB | null = null;
    setState("connecting");
    setError(null);
    openScreen(uuid, box)
      .then((made) => {
        if (isOver) return made?.disconnect();
        opened = made;
        made?.addEventListener("connect", () => {
          setRfb(made);
          setState("shown");
        });
        made?.addEventListener("disconnect", () => {
          if (isOver) return;
          setRfb(null);
          setState("ended");
        });
      })
      .catch((failure: unknown) => {
        if (!isOver) setError(failure);
      });
    return () => {
      isOver = true;
      opened?.disconnect();
    };
  }, [uuid, box, attempt]);
  return { rfb, state, error, connect };
}

/** Asks for a ticket, and shows the screen by it. Errors: the API's. */
async function openScreen(uuid: string, { current: target }: RefObject<HTMLDivElement | null>) {
  const [{ default: Rfb }, { ticket }] = await Promise.all([
    import("@novnc/novnc"),
    change<{ readonly ticket: string }>(`servers/${uuid}/screen`),
  ]);
  if (target === null || !target.isConnected) return null;
  const url = new URL(`/screen/${ticket}`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const rfb = new Rfb(target, url.href, { shared: true });
  rfb.scaleViewport = true;
  rfb.background = "transparent";
  return rfb;
}

type BarProps = {
  readonly rfb: RFB | null;
  readonly state: State;
  readonly box: RefObject<HTMLDivElement | null>;
  readonly name: string;
  readonly onSend: () => void;
};

function Bar({ rfb, state, box, name, onSend }: BarProps) {
  const [isViewOnly, setViewOnly] = useState(false);
  useEffect(() => {
    if (rfb !== null) rfb.viewOnly = isViewOnly;
  }, [rfb, isViewOnly]);
  const isOff = rfb === null || state !== "shown";
  const save = () => {
    if (rfb === null) return;
    const link = document.createElement("a");
    link.href = rfb.toDataURL("image/png");
    link.download = `${name || "screen"}.png`;
    link.click();
  };
  return (
    <Group gap="xs">
      <Button
        size="xs"
        variant="default"
        disabled={isOff || isViewOnly}
        onClick={() => rfb?.sendCtrlAltDel()}
      >
        {text.ctrlAltDel}
      </Button>
      <Button size="xs" variant="default" disabled={isOff || isViewOnly} onClick={onSend}>
        {text.sendText}
      </Button>
      <Button
        size="xs"
        variant="default"
        disabled={isOff}
        onClick={() => void box.current?.requestFullscreen()}
      >
        {text.fullScreen}
      </Button>
      <Button size="xs" variant="default" disabled={isOff} onClick={save}>
        {text.picture}
      </Button>
      <Switch
        label={text.viewOnly}
        checked={isViewOnly}
        onChange={({ currentTarget }) => setViewOnly(currentTarget.checked)}
      />
    </Group>
  );
}
