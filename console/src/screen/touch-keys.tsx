/** Keys that a touch screen has not: each sends what a key of the guest's keyboard would. Ctrl and Alt stay down for the next one. */
import { Button, Group } from "@mantine/core";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { type Key, type Keyboard, type Stroke, strike, strokesOf } from "./keys.ts";
import { layoutNow } from "./layout-choice.ts";
import { LAYOUTS } from "./layouts.ts";
import classes from "./screen.module.css";
import { text } from "./text.ts";

const { keys: words } = text;

const MODIFIERS = {
  ctrl: { keysym: 0xffe3, code: "ControlLeft" },
  alt: { keysym: 0xffe9, code: "AltLeft" },
} as const satisfies Readonly<Record<string, Key>>;
type Modifier = keyof typeof MODIFIERS;

const PLAIN = {
  esc: { keysym: 0xff1b, code: "Escape" },
  tab: { keysym: 0xff09, code: "Tab" },
  left: { keysym: 0xff51, code: "ArrowLeft" },
  up: { keysym: 0xff52, code: "ArrowUp" },
  down: { keysym: 0xff54, code: "ArrowDown" },
  right: { keysym: 0xff53, code: "ArrowRight" },
} as const satisfies Readonly<Record<string, Key>>;

const FUNCTION_KEYS = Array.from({ length: 12 }, (_, index) => ({
  name: `F${index + 1}`,
  key: { keysym: 0xffbe + index, code: `F${index + 1}` },
}));

const BACKSPACE: Key = { keysym: 0xff08, code: "Backspace" };
const RETURN: Key = { keysym: 0xff0d, code: "Enter" };

/** Without something before the cursor, a soft keyboard tells of no backspace. */
const BEFORE_CURSOR = "\u00a0";

export function TouchKeys({ keyboard }: { keyboard: Keyboard | null }) {
  const [held, setHeld] = useState<readonly Modifier[]>([]);
  const isOff = keyboard === null;
  const send = (strokes: readonly Stroke[]) => {
    if (keyboard === null) return;
    const modifiers = held.map((name) => MODIFIERS[name]);
    for (const stroke of strokes) strike(keyboard, { ...stroke, held: [...modifiers, ...stroke.held] });
    setHeld([]);
  };
  const press = (key: Key) => send([{ ...key, held: [] }]);
  const toggle = (name: Modifier) =>
    setHeld((before) => (before.includes(name) ? before.filter((each) => each !== name) : [...before, name]));
  const button = { size: "xs", variant: "default", disabled: isOff, className: classes.key } as const;
  return (
    <Group gap={6} role="group" aria-label={words.title}>
      <SoftKeyboard isOff={isOff} onStrokes={send} />
      {(Object.keys(MODIFIERS) as Modifier[]).map((name) => (
        <Button
          key={name}
          {...button}
          variant={held.includes(name) ? "filled" : "default"}
          aria-pressed={held.includes(name)}
          onClick={() => toggle(name)}
        >
          {words.names[name]}
        </Button>
      ))}
      {(Object.keys(PLAIN) as (keyof typeof PLAIN)[]).map((name) => (
        <Button key={name} {...button} aria-label={words.names[name]} onClick={() => press(PLAIN[name])}>
          {name in words.signs ? words.signs[name as keyof typeof words.signs] : words.names[name]}
        </Button>
      ))}
      {FUNCTION_KEYS.map(({ name, key }) => (
        <Button key={name} {...button} onClick={() => press(key)}>
          {name}
        </Button>
      ))}
    </Group>
  );
}

type SoftProps = { readonly isOff: boolean; readonly onStrokes: (strokes: readonly Stroke[]) => void };

/** A place to type in, which nobody sees: a device opens its keyboard for it. */
function SoftKeyboard({ isOff, onStrokes }: SoftProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const typed = ({ currentTarget: { value }, nativeEvent }: FormEvent<HTMLTextAreaElement>) => {
    const { inputType = "", isComposing = false } = nativeEvent as InputEvent;
    if (isComposing) return;
    if (inputType.startsWith("delete")) onStrokes([{ ...BACKSPACE, held: [] }]);
    else if (inputType === "insertLineBreak") onStrokes([{ ...RETURN, held: [] }]);
    else onStrokes(strokesOf(value.replaceAll(BEFORE_CURSOR, ""), LAYOUTS[layoutNow()]).strokes);
    reset(field.current);
  };
  useEffect(() => reset(field.current), []);
  return (
    <>
      <Button
        size="xs"
        variant="default"
        disabled={isOff}
        className={classes.key}
        onClick={() => field.current?.focus()}
      >
        {words.soft}
      </Button>
      <textarea
        ref={field}
        className={classes.typed}
        aria-label={words.typed}
        autoCapitalize="off"
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        disabled={isOff}
        onInput={typed}
      />
    </>
  );
}

function reset(field: HTMLTextAreaElement | null): void {
  if (field === null) return;
  field.value = BEFORE_CURSOR;
  field.setSelectionRange(1, 1);
}
