/** Which fields of an account there are none of: where there are no prices there is no money. */
import { useQuery } from "@tanstack/react-query";
import { profileQuery } from "../api/queries.ts";

const MONEY = ["credit"] as const;

export function useFieldsLeftOut(): readonly string[] {
  const { data: profile } = useQuery(profileQuery);
  return profile?.currency === undefined ? MONEY : [];
}
