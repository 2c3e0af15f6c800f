/** Where to go from what the API refuses: with a 402 to what the account lacks, with a 409 to what is in the way. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError, isStatus, sentenceOf } from "../api/errors.ts";
import { profileQuery } from "../api/queries.ts";
import { hasMoney } from "../money/funds.ts";
import { text } from "../money/text.ts";

type Place = keyof typeof text.short;

/** Null for what is no 402. */
function placeOf(error: unknown): Place | null {
  if (!(error instanceof ApiError) || error.status !== 402) return null;
  if (error.code === "limit_reached") return "limits";
  return error.code === "funds_short" ? "money" : "profile";
}

/** An address and no link of the router's: what is told in the corner is outside of the pages. */
const WayOut = ({ place }: { place: Place }) => (
  <a href={`/console/account?tab=${place}`}>{text.short[place]}</a>
);

/** The sentence of an error, and the way to what is short or in the way. */
export function Sentence({ error }: { error: unknown }) {
  if (isStatus(error, 409)) return <Linked sentence={sentenceOf(error)} />;
  const place = placeOf(error);
  if (place === null) return sentenceOf(error);
  return (
    <>
      {sentenceOf(error)} {place === "profile" ? <ToAccount /> : <WayOut place={place} />}
    </>
  );
}

/** As the API's sentences name what holds something. */
const NAMED = /\b(server|drive) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/gi;

/** A sentence in which each server and each drive leads to its page, but for the one whose page this is. */
function Linked({ sentence }: { sentence: string }) {
  const parts: ReactNode[] = [];
  let told = 0;
  for (const { 0: all, 1: kind = "", 2: uuid = "", index } of sentence.matchAll(NAMED)) {
    const path = `/console/${kind.toLowerCase()}s/${uuid}`;
    if (path === location.pathname) continue;
    const at = index + all.length - uuid.length;
    parts.push(
      sentence.slice(told, at),
      <a key={at} href={path}>
        {uuid}
      </a>,
    );
    told = at + uuid.length;
  }
  return (
    <>
      {parts}
      {sentence.slice(told)}
    </>
  );
}

/** Of an account that is suspended: for its funds most likely, where there are prices. */
function ToAccount() {
  const { data: profile } = useQuery(profileQuery);
  return <WayOut place={hasMoney(profile) ? "money" : "profile"} />;
}
