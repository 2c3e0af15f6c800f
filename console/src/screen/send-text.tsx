/** Sends a text as the keys that type it: guests take no clipboard. */

import { Button, Group, NativeSelect, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Dialog } from "../parts/dialog.tsx";
import { SubmitButton } from "../parts/form.tsx";
import { type Keyboard, strokesOf, typeText } from "./keys.ts";
import { useLayout } from "./layout-choice.ts";
import { isLayout, LAYOUTS } from "./layouts.ts";
import { text } from "./text.ts";

const { sending } = text;

const DELAY_MS = 20;

const CHOICES = Object.entries(LAYOUTS).map(([value, { name }]) => ({ value, label: name }));

type Props = { readonly keyboard: Keyboard; readonly onClose: () => void };

export function SendText({ keyboard, onClose }: Props) {
  const [typed, setTyped] = useState("");
  const [layout, setLayout] = useLayout();
  const [delay, setDelay] = useState(String(DELAY_MS));
  const [isBusy, setBusy] = useState(false);
  const abort = useRef(new AbortController());
  useEffect(() => {
    const controller = new AbortController();
    abort.current = controller;
    return () => controller.abort();
  }, []);
  const { strokes, untyped } = strokesOf(typed, LAYOUTS[layout]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || strokes.length === 0) return;
    setBusy(true);
    await typeText(keyboard, strokes, { delayMs: Number(delay) || 0, signal: abort.current.signal });
    onClose();
  };
  return (
    <Dialog title={sending.title} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <Textarea
            label={sending.text}
            description={sending.help}
            value={typed}
            rows={5}
            data-autofocus
            spellCheck={false}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
          {untyped.length > 0 && <Text size="sm">{sending.untyped(untyped.join(" "))}</Text>}
          <NativeSelect
            label={sending.layout}
            data={CHOICES}
            value={layout}
            onChange={({ currentTarget: { value } }) => isLayout(value) && setLayout(value)}
          />
          <TextInput
            label={sending.delay}
            inputMode="numeric"
            value={delay}
            onChange={({ currentTarget }) => setDelay(currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {sending.cancel}
            </Button>
            <SubmitButton isPending={isBusy} obstacle={strokes.length === 0 ? sending.nothing : null}>
              {sending.send}
            </SubmitButton>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
