/** What of an account's money needs somebody. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Profile, textOf } from "../api/objects.ts";
import { fundsOf, hasMoney } from "../money/funds.ts";
import { text } from "../money/text.ts";
import { lasting, moment } from "../parts/amounts.ts";
import { NeedLine } from "../parts/needs.tsx";

export function fundsNeeds(profile: Profile): readonly ReactNode[] {
  const sentence = sentenceOf(profile);
  if (sentence === null) return [];
  return [
    <NeedLine key="funds">
      {sentence}{" "}
      <Link to="/account" search={{ tab: hasMoney(profile) ? "money" : "profile" }}>
        {text.needs.link}
      </Link>
    </NeedLine>,
  ];
}

function sentenceOf(profile: Profile): string | null {
  if (textOf(profile.status) === "suspended") return `${text.suspended.title}.`;
  const funds = fundsOf(profile, Date.now() / 1000);
  if (funds.state === "ended") return text.needs.ended;
  if (funds.state !== "low") return null;
  return text.needs.low(moment(funds.until), lasting(funds.leftSeconds));
}
