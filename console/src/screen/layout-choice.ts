/** The layout of a guest's keyboard, as it was chosen last in this browser. */
import { useState } from "react";
import { isLayout, type LayoutName } from "./layouts.ts";

const STORED = "lodge-keyboard";

/** Most guests have the US layout until somebody changes it. */
const DEFAULT: LayoutName = "us";

export function layoutNow(): LayoutName {
  const stored = localStorage.getItem(STORED);
  return isLayout(stored) ? stored : DEFAULT;
}

export function useLayout(): readonly [LayoutName, (chosen: LayoutName) => void] {
  const [layout, setLayout] = useState(layoutNow);
  const choose = (chosen: LayoutName) => {
    localStorage.setItem(STORED, chosen);
    setLayout(chosen);
  };
  return [layout, choose];
}
