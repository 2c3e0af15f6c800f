/** What an account has, how long that lasts, and what it subscribed to. */
import { Alert, Stack, Text } from "@mantine/core";
import { type Profile, textOf } from "../api/objects.ts";
import { lasting, moment } from "../parts/amounts.ts";
import { Facts, Panel } from "../parts/page.tsx";
import { MONTH_HOURS } from "./cost.ts";
import { decimal, moneyText, times, whole } from "./decimal.ts";
import { type Funds, fundsOf } from "./funds.ts";
import { Subscriptions } from "./subscriptions.tsx";
import { text } from "./text.ts";

const { balance: said } = text;

export function Money({ profile }: { profile: Profile }) {
  const funds = fundsOf(profile, Date.now() / 1000);
  const currency = textOf(profile.currency);
  const money = (value: string) => `${value} ${currency}`;
  const burning = decimal(textOf(profile.burning) || "0");
  const until = profile["funds:until"];
  return (
    <Stack gap="lg">
      <Warning funds={funds} />
      <Panel title={said.title}>
        <Facts
          facts={[
            [said.balance, money(textOf(profile.balance))],
            [said.credit, textOf(profile.credit) === "0" ? "" : money(textOf(profile.credit))],
            [said.burning, money(textOf(profile.burning))],
            [said.month, burning.units === 0n ? "" : money(moneyText(times(burning, whole(MONTH_HOURS))))],
            [said.until, untilOf(until === undefined ? null : Number(until), burning.units === 0n)],
          ]}
        />
        <Text c="dimmed" size="sm" mt="md">
          {said.pay}
        </Text>
      </Panel>
      <Subscriptions profile={profile} />
    </Stack>
  );
}

/** Nothing is said of what lasts for thousands of years. */
function untilOf(until: number | null, isIdle: boolean): string {
  if (until !== null) return moment(until);
  return isIdle ? said.forever : "";
}

function Warning({ funds }: { funds: Funds }) {
  if (funds.state !== "low" && funds.state !== "ended") return null;
  const isLow = funds.state === "low";
  return (
    <Alert
      color="red"
      variant="outline"
      role="alert"
      styles={{ title: { color: "var(--mantine-color-error)" } }}
      title={isLow ? said.low(lasting(funds.leftSeconds)) : said.ended}
    >
      <Text size="sm">{isLow ? said.lowHint : said.endedHint}</Text>
    </Alert>
  );
}
