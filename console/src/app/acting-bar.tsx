/** Says on every page, and where none can be shown, that whoever looks acts as somebody else; and ends it. */
import { Button } from "@mantine/core";
import { actingFor, stopActing } from "../api/acting.ts";
import { Icon } from "../parts/icons.tsx";
import { Theirs } from "../parts/theirs.tsx";
import classes from "./acting-bar.module.css";
import { text } from "./text.ts";

/** @param name of the account, null while it is not known */
export function ActingBar({ name }: { name: string | null }) {
  const user = actingFor();
  if (user === null) return null;
  return (
    <section className={classes.bar} aria-label={text.acting} data-acting>
      <Icon name="account" />
      <span className={classes.who}>
        {text.acting}{" "}
        <strong>
          <Theirs>{name ?? user}</Theirs>
        </strong>
      </span>
      <Button size="xs" variant="default" onClick={stopActing}>
        {text.stopActing}
      </Button>
    </section>
  );
}
