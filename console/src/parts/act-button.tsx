/** A button that is there all the same where it cannot be pressed now, and says why. */
import { Button, Tooltip } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import classes from "./act-button.module.css";
import { Icon, type IconName } from "./icons.tsx";

type Props = {
  readonly label: string;
  /** Why it cannot be pressed now; null: it can. */
  readonly obstacle: ReactNode;
  /** What comes of it. */
  readonly hint?: ReactNode;
  readonly icon?: IconName;
  readonly size?: "xs" | "sm";
  /** What most come for. */
  readonly isMain?: boolean;
  /** What cannot be undone. */
  readonly isGrave?: boolean;
  readonly isPending?: boolean;
  readonly onClick: () => void;
};

const ICON_PX = { xs: 15, sm: 16 };

/** It is `aria-disabled` rather than disabled, so that the keyboard reaches the reason too, and what is pressed keeps the focus. */
export function ActButton({ label, obstacle, hint, icon, size = "xs", ...props }: Props) {
  const isDisabled = obstacle !== null;
  const isPending = props.isPending ?? false;
  const button = (
    <Button
      variant={props.isMain && !isDisabled ? "filled" : "default"}
      size={size}
      className={classes.button}
      data-grave={props.isGrave || undefined}
      aria-disabled={isDisabled || isPending}
      {...(typeof obstacle === "string" ? { "aria-description": obstacle } : {})}
      {...(icon === undefined ? {} : { leftSection: <Icon name={icon} size={ICON_PX[size]} /> })}
      loading={isPending}
      renderRoot={(root) => <button {...root} disabled={false} />}
      onClick={() => !isDisabled && !isPending && props.onClick()}
    >
      {label}
    </Button>
  );
  return <WhyTip why={obstacle ?? hint}>{button}</WhyTip>;
}

type TipProps = {
  readonly why: ReactNode;
  readonly children: ReactElement;
};

/**
 * What is told of a button where it is pointed at, has the focus or is touched. It is around it also where there is nothing to tell:
 * a button that is put elsewhere loses the focus.
 */
export const WhyTip = ({ why, children }: TipProps) => (
  <Tooltip
    label={why}
    disabled={why == null}
    events={{ hover: true, focus: true, touch: true }}
    multiline
    maw={360}
  >
    {children}
  </Tooltip>
);
