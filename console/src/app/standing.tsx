/** A line above every page of an account that is suspended: why, and where to go. */
import { Link } from "@tanstack/react-router";
import { type Profile, textOf } from "../api/objects.ts";
import { hasMoney } from "../money/funds.ts";
import { text } from "../money/text.ts";
import { Icon } from "../parts/icons.tsx";
import { Theirs } from "../parts/theirs.tsx";
import classes from "./standing.module.css";

const { suspended: said } = text;

export function Standing({ profile }: { profile: Profile }) {
  if (textOf(profile.status) !== "suspended") return null;
  const reason = textOf(profile.reason);
  return (
    <div role="status" className={classes.line}>
      <Icon name="warning" />
      <span>
        <strong>{said.title}</strong>
        {reason !== "" && (
          <>
            : <Theirs>{reason}</Theirs>
          </>
        )}
        . {said.hint}{" "}
        {hasMoney(profile) && (
          <Link to="/account" search={{ tab: "money" }}>
            {said.toMoney}
          </Link>
        )}
      </span>
    </div>
  );
}
