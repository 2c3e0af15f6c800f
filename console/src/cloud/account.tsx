/** One account: what it is and uses, what it may, its money, and what was done in it. */
import { SimpleGrid, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { fieldsQuery } from "../api/fields.ts";
import { called, type Profile, textOf } from "../api/objects.ts";
import { KeyForm } from "../parts/key-form.tsx";
import { ObjectPage } from "../parts/object-page.tsx";
import { Facts, Failure, PageHead, Panel, Waiting } from "../parts/page.tsx";
import { Copyable } from "../parts/rows.tsx";
import { Status } from "../parts/status.tsx";
import { TabsOf } from "../parts/tabs.tsx";
import { UseAgainstLimits } from "../parts/use.tsx";
import { AccountActions } from "./account-actions.tsx";
import { useFieldsLeftOut } from "./credit-field.ts";
import { AccountEvents } from "./events.tsx";
import { ForAdmins } from "./frame.tsx";
import { AccountMoney } from "./money.tsx";
import { accountQuery } from "./queries.ts";
import { text } from "./text.ts";

const { accounts: said } = text;

const above = <Link to="/cloud/accounts">← {said.title}</Link>;

export const CloudAccount = () => (
  <ForAdmins>
    <Shown />
  </ForAdmins>
);

function Shown() {
  const { user } = useParams({ from: "/cloud/accounts/$user" });
  const query = useQuery(accountQuery(user));
  const { tab } = useSearch({ from: "/cloud/accounts/$user" });
  const navigate = useNavigate({ from: "/cloud/accounts/$user" });
  return (
    <ObjectPage query={query} title={said.title} above={above}>
      {(account) => (
        <>
          <PageHead
            above={above}
            title={called(account.name, user)}
            note={<Status status={textOf(account.status)} />}
            actions={<AccountActions account={account} />}
          />
          <TabsOf
            label={called(account.name, user)}
            names={namesOf(account)}
            chosen={tab}
            onChoose={(next) => void navigate({ search: { tab: next } })}
            panels={{
              overview: () => <AccountFacts account={account} />,
              settings: () => <Settings account={account} />,
              ...(account.currency === undefined ? {} : { money: () => <AccountMoney account={account} /> }),
              events: () => <AccountEvents user={user} isClosed={account.status === "closed"} />,
            }}
          />
        </>
      )}
    </ObjectPage>
  );
}

/** Where there are no prices there is no money. */
function namesOf({ currency }: Profile): Readonly<Record<string, string>> {
  const { money, events, ...first } = said.tabs;
  return { ...first, ...(currency === undefined ? {} : { money }), events };
}

const AccountFacts = ({ account }: { account: Profile }) => (
  <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
    <Panel title={said.tabs.overview}>
      <Facts
        facts={[
          [said.facts.user, <Copyable key="user" value={account.user} label={said.facts.user} />],
          [said.facts.email, textOf(account.email)],
          [said.facts.role, textOf(account.role)],
          ...(account.status === "suspended"
            ? [[said.facts.reason, textOf(account.reason) || said.noReason] as const]
            : []),
        ]}
      />
    </Panel>
    <Panel title={said.use}>
      <UseAgainstLimits profile={account} />
    </Panel>
  </SimpleGrid>
);

function Settings({ account }: { account: Profile }) {
  const { data: fields, error, refetch } = useQuery(fieldsQuery("AccountSet"));
  const leftOut = useFieldsLeftOut();
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (fields === undefined) return <Waiting />;
  return (
    <Stack>
      <Panel>
        <KeyForm
          fields={fields.filter(({ key }) => !leftOut.includes(key))}
          object={account}
          path={["accounts", account.user, "set"]}
        />
      </Panel>
    </Stack>
  );
}
