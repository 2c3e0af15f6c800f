/** An amount under its name, and as a bar where it is one of so much. */
import { Progress, Text } from "@mantine/core";
import classes from "./bar.module.css";

type Props = {
  readonly name: string;
  readonly says: string;
  /** From 0 on; null: there is nothing that it is a share of. */
  readonly share: number | null;
};

const NEAR = 0.9;

/** Whether little is left. */
export const isNearAll = (share: number): boolean => share >= NEAR;

/** The share of `all`; that of nothing is none. */
export const shareOf = (part: number, all: number): number => (all === 0 ? 0 : part / all);

export const Bar = ({ name, says, share }: Props) => (
  <div>
    <div className={classes.line}>
      <Text size="sm" component="span">
        {name}
      </Text>
      <Text size="sm" component="span" c="dimmed" className={classes.amount}>
        {says}
      </Text>
    </div>
    {share !== null && (
      <Progress
        size="sm"
        mt={4}
        {...(isNearAll(share) ? { color: "var(--lodge-bad)" } : {})}
        value={Math.min(100, share * 100)}
        aria-label={name}
      />
    )}
  </div>
);
