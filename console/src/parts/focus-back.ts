/** The focus goes back to where it was as a dialog that comes and goes with its component closes (WAI-ARIA APG: dialog). */
import { useEffect, useState } from "react";

export function useFocusBack(): void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    },
    [before],
  );
}
