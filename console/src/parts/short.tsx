/** Where to go with a 402: what an account lacks is told there. */
import { useQuery } from "@tanstack/react-query";
import { ApiError, sentenceOf } from "../api/errors.ts";
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

/** The sentence of an error, and the way to what is short. */
export function Sentence({ error }: { error: unknown }) {
  const place = placeOf(error);
  if (place === null) return sentenceOf(error);
  return (
    <>
      {sentenceOf(error)} {place === "profile" ? <ToAccount /> : <WayOut place={place} />}
    </>
  );
}

/** Of an account that is suspended: for its funds most likely, where there are prices. */
function ToAccount() {
  const { data: profile } = useQuery(profileQuery);
  return <WayOut place={hasMoney(profile) ? "money" : "profile"} />;
}
