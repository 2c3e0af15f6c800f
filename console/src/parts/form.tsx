/**
 * A form whose refusals are seen: the field that one is about, or else what tells it, is brought into sight and has the focus, so that
 * whoever goes by the keyboard or by ear goes on from there.
 */
import { Button } from "@mantine/core";
import { type FormEvent, type ReactNode, type RefObject, useEffect, useRef } from "react";
import classes from "./act-button.module.css";
import { WhyTip } from "./act-button.tsx";

type Props = {
  /** Why it was refused, null where it was not. */
  readonly error: unknown;
  readonly onSubmit: () => unknown;
  readonly ref?: RefObject<HTMLFormElement | null>;
  /** Whether the browser tells by itself which fields are missing. */
  readonly isChecked?: boolean;
  readonly children: ReactNode;
};

export function SubmitForm({ error, onSubmit, ref, isChecked = false, children }: Props) {
  const own = useRef<HTMLFormElement>(null);
  const form = ref ?? own;
  useRefusalSeen(form, error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A form in a dialog that this one opens is within it by React's reckoning.
    event.stopPropagation();
    onSubmit();
  };
  return (
    <form ref={form} onSubmit={submit} noValidate={!isChecked}>
      {children}
    </form>
  );
}

/** The same of a form whose refusals are told around it. */
export function useRefusalSeen(where: RefObject<HTMLElement | null>, error: unknown): void {
  useEffect(() => {
    if (error === null || where.current === null || isBehindDialog(where.current)) return;
    const at = where.current.querySelector<HTMLElement>("[aria-invalid=true]") ?? alertIn(where.current);
    if (at === null) return;
    at.focus({ preventScroll: true });
    // With its label and what is told of it; how far from the edges `base.css` says.
    (at.closest(".mantine-InputWrapper-root") ?? at).scrollIntoView({ block: "nearest" });
  }, [where, error]);
}

/** Whoever is asked in a dialog is told there. */
const isBehindDialog = (where: HTMLElement) => {
  const dialog = document.querySelector("[aria-modal=true]");
  return dialog !== null && !dialog.contains(where);
};

const alertIn = (where: HTMLElement) => where.querySelector<HTMLElement>("[role=alert]");

type ButtonProps = {
  readonly isPending: boolean;
  /** Why there is nothing to send yet; null: there is. Whoever submits it looks at that too, as Enter in a field does not. */
  readonly obstacle?: string | null;
  readonly color?: string;
  readonly children: ReactNode;
};

/** It is never disabled but says so: what is disabled loses the focus, and the keyboard begins anew at the page's head. */
export function SubmitButton({ isPending, obstacle = null, ...props }: ButtonProps) {
  const isOff = obstacle !== null;
  const button = (
    <Button
      type="submit"
      loading={isPending}
      {...(isOff ? { className: classes.button, "data-disabled": true, "aria-description": obstacle } : {})}
      renderRoot={(root) => <button {...root} disabled={false} aria-disabled={isPending || isOff} />}
      {...props}
    />
  );
  return <WhyTip why={obstacle}>{button}</WhyTip>;
}
