/** What costs what is about to be made, told in its form while it is filled in; nothing where there are no prices. */
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { profileQuery } from "../api/queries.ts";
import { type Amounts, costOf, type Price, type Using } from "./cost.ts";
import { moneyText } from "./decimal.ts";
import { hasMoney } from "./funds.ts";
import { pricingQuery, usingQuery } from "./queries.ts";
import { text } from "./text.ts";

type Props = {
  /** Null while it is not known. */
  readonly amounts: Amounts | null;
  /** It costs that while it runs, and less once it is stopped. */
  readonly runs?: boolean;
};

export function Cost(props: Props) {
  const { data: profile } = useQuery(profileQuery);
  return hasMoney(profile) ? <Priced {...props} /> : null;
}

function Priced({ amounts, runs = false }: Props) {
  const { data: prices } = useQuery(pricingQuery);
  const { data: uses } = useQuery(usingQuery);
  if (prices === undefined || uses === undefined) return null;
  return (
    <div role="status" aria-label={text.cost.label}>
      {amounts === null ? (
        <Text size="sm" c="dimmed">
          {text.cost.unknown}
        </Text>
      ) : (
        <Told {...told(amounts, runs, prices, uses)} />
      )}
    </div>
  );
}

const Told = ({ sentence, covered }: { sentence: string; covered: string }) => (
  <>
    <Text size="sm">{sentence}</Text>
    {covered !== "" && (
      <Text size="sm" c="dimmed">
        {text.cost.covered(covered)}
      </Text>
    )}
  </>
);

function told(amounts: Amounts, runs: boolean, prices: readonly Price[], uses: readonly Using[]) {
  const { hour, month, covered } = costOf(amounts, prices, uses);
  const currency = prices[0]?.currency ?? "";
  const say = runs ? text.cost.running : text.cost.about;
  return {
    sentence: hour.units === 0n ? text.cost.nothing : say(moneyText(hour), moneyText(month), currency),
    covered: covered.map(text.resource).join(", "),
  };
}
