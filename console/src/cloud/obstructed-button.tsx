/** A small button of a row that is there all the same where it cannot be pressed now, and says why. */
import { Button, Tooltip } from "@mantine/core";
import classes from "./obstructed.module.css";

type Props = {
  readonly label: string;
  /** Null: it can be pressed. */
  readonly obstacle: string | null;
  readonly onClick: () => void;
};

/** It is `aria-disabled` rather than disabled, so that the keyboard reaches the reason too. */
export function ObstructedButton({ label, obstacle, onClick }: Props) {
  const button = (
    <Button
      size="xs"
      variant="default"
      aria-disabled={obstacle !== null}
      className={classes.button}
      {...(obstacle === null ? {} : { "aria-description": obstacle })}
      onClick={() => obstacle === null && onClick()}
    >
      {label}
    </Button>
  );
  if (obstacle === null) return button;
  return (
    <Tooltip label={obstacle} events={{ hover: true, focus: true, touch: true }}>
      {button}
    </Tooltip>
  );
}
