/** Keeps what is chosen of a row in sight, where there is no room for all of it: a phone may be turned, too. */
import { type RefObject, useEffect, useRef } from "react";

/** @returns what the element takes as its `ref` that scrolls, and that what is in it is placed by */
export function useInSight<E extends HTMLElement>(chosen: string): RefObject<E | null> {
  const row = useRef<E>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another that is chosen is elsewhere
  useEffect(() => {
    const { current } = row;
    if (current === null) return;
    // It is told at once too, and after what is chosen says so.
    const observer = new ResizeObserver(() => showChosen(current));
    observer.observe(current);
    return () => observer.disconnect();
  }, [chosen]);
  return row;
}

/** The page itself is not scrolled. */
function showChosen(row: HTMLElement): void {
  const here = row.querySelector<HTMLElement>("[aria-current], [aria-selected=true]");
  if (here !== null)
    row.scrollTo({ left: here.offsetLeft + (here.offsetWidth - row.clientWidth) / 2, behavior: "instant" });
}
