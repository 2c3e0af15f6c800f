/** What is typed into a filter: there at once, and in the address as soon as the typing rests. */
import { useEffect, useRef, useState } from "react";

const REST_MS = 150;

/**
 * @param told what the address says
 * @param tell has it say so
 */
export function useTyped(told: string, tell: (text: string) => void) {
  const [typed, setTyped] = useState(told);
  // What the address was told and does not say yet: it is no news as it comes.
  const pending = useRef<string[]>([]);
  const timer = useRef<number | undefined>(undefined);
  useEffect(() => {
    const own = pending.current.indexOf(told);
    if (own === -1) setTyped(told);
    pending.current.splice(0, own + 1);
  }, [told]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const tellNow = useRef(tell);
  tellNow.current = tell;
  const type = (text: string) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      pending.current.push(text);
      tellNow.current(text);
    }, REST_MS);
  };
  return [typed, type] as const;
}
