/** The money of an account, where there are prices. */
import { SimpleGrid } from "@mantine/core";
import { numberOf, type Profile, textOf } from "../api/objects.ts";
import { moment } from "../parts/amounts.ts";
import { CreateForm } from "../parts/create-form.tsx";
import { Facts, Panel } from "../parts/page.tsx";
import { text } from "./text.ts";

const { credit: said } = text;

export function AccountMoney({ account }: { account: Profile }) {
  const { user } = account;
  const money = (key: string) =>
    account[key] === undefined ? "" : `${textOf(account[key])} ${textOf(account.currency)}`;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <Panel title={said.balance}>
        <Facts
          facts={[
            [said.balance, money("balance")],
            [said.lent, money("credit")],
            [said.burning, money("burning")],
            [
              said.until,
              account["funds:until"] === undefined ? "" : moment(numberOf(account["funds:until"])),
            ],
          ]}
        />
      </Panel>
      <Panel title={said.title}>
        <CreateForm
          key={textOf(account.balance)}
          schema="AccountCredit"
          path={["accounts", user, "credit"]}
          hint={said.hint}
          submit={said.submit}
          made={said.done}
          onMade={() => undefined}
        />
      </Panel>
    </SimpleGrid>
  );
}
