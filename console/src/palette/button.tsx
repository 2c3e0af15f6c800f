/** What opens the palette: a button, or Ctrl-K (⌘K) wherever one is. The palette itself comes when it is opened first. */
import { UnstyledButton } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { lazy, Suspense } from "react";
import { part } from "../api/part.ts";
import { Icon } from "../parts/icons.tsx";
import classes from "./button.module.css";
import type { Page } from "./entries.ts";
import { text } from "./text.ts";

const Palette = lazy(async () => ({ default: (await part(() => import("./palette.tsx"))).Palette }));

const isApple = /mac|iphone|ipad/i.test(navigator.userAgent);

export function PaletteButton({ pages }: { pages: readonly Page[] }) {
  const [isOpen, { open, close, toggle }] = useDisclosure();
  useHotkeys([["mod+K", toggle]], []);
  return (
    <>
      <UnstyledButton
        className={classes.button}
        onClick={open}
        aria-label={text.name}
        aria-keyshortcuts={isApple ? "Meta+K" : "Control+K"}
        aria-haspopup="dialog"
      >
        <Icon name="search" />
        <span className={classes.label}>{text.open}</span>
        <span className={classes.keys} data-keys={isApple ? "⌘ K" : "Ctrl K"} aria-hidden="true" />
      </UnstyledButton>
      {isOpen && (
        <Suspense>
          <Palette pages={pages} onClose={close} />
        </Suspense>
      )}
    </>
  );
}
