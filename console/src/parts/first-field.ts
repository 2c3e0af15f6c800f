/** Where a form in a dialog begins to be filled in. */
import { useEffect, useRef } from "react";

/** Has the form's first field be focused once it is there: a dialog that opens by itself focuses what closes it. */
export function useFirstField() {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (form.current?.closest("[role=dialog]") == null) return;
    const first = form.current.querySelector<HTMLElement>("input, select, textarea");
    // A dialog that is not open yet goes by this; one that is, has found what there was to focus.
    first?.setAttribute("data-autofocus", "");
    first?.focus();
  }, []);
  return form;
}
