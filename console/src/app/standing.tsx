/** A line above every page of an account that is suspended: why, and where to go. */
import { Link } from "@tanstack/react-router";
import { type Profile, textOf } from "../api/objects.ts";
import { hasMoney } from "../money/funds.ts";
import { text } from "../money/text.ts";
import { Icon } from "../parts/icons.tsx";
import classes from "./standing.module.css";

const { suspended: said } = text;

export function Standing({ profile }: { profile: Profile }) {
  if (textOf(profile.status) !== "suspended") return null;
  return (
    <div role="status" className={classes.line}>
      <Icon name="warning" />
      <span>
        <strong>{said.title}</strong>
        {said.reason(textOf(profile.reason))}. {said.hint}{" "}
        {hasMoney(profile) && (
          <Link to="/account" search={{ tab: "money" }}>
            {said.toMoney}
          </Link>
        )}
      </span>
    </div>
  );
}
