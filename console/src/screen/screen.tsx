/** A server's screen: what it shows now, and a keyboard and a mouse for it. */
import { Button, Group, Stack, Switch, Text } from "@mantine/core";
import type RFB from "@novnc/novnc";
import { type ReactNode, type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { change } from "../api/client.ts";
import { type Server, textOf } from "../api/objects.ts";
import { part } from "../api/part.ts";
import { reasonSentence, serverCan, serverStateOf } from "../api/rules.ts";
import { ActButton } from "../parts/act-button.tsx";
import { useOpenDialog } from "../parts/open-dialog.ts";
import { Failure, Panel } from "../parts/page.tsx";
import { StartButton } from "../servers/actions.tsx";
import classes from "./screen.module.css";
import { SendText } from "./send-text.tsx";
import { text } from "./text.ts";
import { TouchKeys } from "./touch-keys.tsx";

export function Screen({ server }: { server: Server }) {
  const status = textOf(server.status);
  const reason = serverCan.screen(serverStateOf({ server: server.server, status }));
  if (reason === null) return <Shown key={server.server} server={server} />;
  return (
    <Panel title={text.title}>
      <Stack align="flex-start">
        <Text c="dimmed">{reasonSentence(reason)}</Text>
        {status === "stopped" && <StartButton server={server} />}
      </Stack>
    </Panel>
  );
}

/** Of the address: the dialog that sends text. */
const SEND = "send-text";

type State = "connecting" | "shown" | "ended";

/** Whether the device is one that is touched. */
const isTouched = () => window.matchMedia("(pointer: coarse)").matches;

function Shown({ server }: { server: Server }) {
  const box = useRef<HTMLDivElement>(null);
  const { rfb, state, error, connect } = useScreen(server.server, box);
  const { dialog, open } = useOpenDialog();
  const [hasKeys, setKeys] = useState(isTouched);
  const [isViewOnly, setViewOnly] = useState(false);
  const keyboard = isViewOnly || state !== "shown" ? null : rfb;
  useEffect(() => {
    if (rfb !== null) rfb.viewOnly = isViewOnly;
  }, [rfb, isViewOnly]);
  return (
    <Panel title={text.title}>
      <Stack gap="sm">
        {textOf(server.status) === "dead" && <Text size="sm">{text.dead}</Text>}
        {error !== null && <Failure title={text.failed} error={error} onRetry={connect} />}
        <Bar
          rfb={state === "shown" ? rfb : null}
          keyboard={keyboard}
          box={box}
          name={textOf(server.name)}
          onSend={() => open(SEND)}
        >
          <Switch
            label={text.viewOnly}
            checked={isViewOnly}
            onChange={({ currentTarget }) => setViewOnly(currentTarget.checked)}
          />
          <Switch
            label={text.keys.show}
            checked={hasKeys}
            onChange={({ currentTarget }) => setKeys(currentTarget.checked)}
          />
        </Bar>
        {hasKeys && <TouchKeys keyboard={keyboard} />}
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
      {dialog === SEND && rfb !== null && <SendText keyboard={rfb} onClose={() => open()} />}
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
          opened = null;
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
    part(() => import("@novnc/novnc")),
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
  /** Null: nothing is shown. */
  readonly rfb: RFB | null;
  /** Null: what is typed goes nowhere. */
  readonly keyboard: RFB | null;
  readonly box: RefObject<HTMLDivElement | null>;
  readonly name: string;
  readonly onSend: () => void;
  readonly children: ReactNode;
};

function Bar({ rfb, keyboard, box, name, onSend, children }: BarProps) {
  const [isWhole, setWhole] = useState(false);
  useEffect(() => {
    if (rfb !== null) rfb.scaleViewport = !isWhole;
    box.current?.toggleAttribute("data-whole", isWhole);
  }, [rfb, box, isWhole]);
  const save = () => {
    if (rfb === null) return;
    const link = document.createElement("a");
    link.href = rfb.toDataURL("image/png");
    link.download = `${name || "screen"}.png`;
    link.click();
  };
  const unseen = rfb === null ? text.notShown : null;
  const untyped = unseen ?? (keyboard === null ? text.onlyViewed : null);
  return (
    <Group gap="xs">
      <ActButton label={text.ctrlAltDel} obstacle={untyped} onClick={() => keyboard?.sendCtrlAltDel()} />
      <ActButton label={text.sendText} obstacle={untyped} onClick={onSend} />
      <ActButton
        label={text.fullScreen}
        obstacle={unseen}
        onClick={() => void box.current?.requestFullscreen()}
      />
      <ActButton label={text.picture} obstacle={unseen} onClick={save} />
      <Group gap="md" ml={4}>
        <Switch
          label={text.fit}
          checked={!isWhole}
          onChange={({ currentTarget }) => setWhole(!currentTarget.checked)}
        />
        {children}
      </Group>
    </Group>
  );
}
