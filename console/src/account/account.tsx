/** One's own account: who one is, what one uses, and what opens it. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { fieldsQuery } from "../api/fields.ts";
import type { Profile } from "../api/objects.ts";
import { textOf } from "../api/objects.ts";
import { profileQuery } from "../api/queries.ts";
import { hasMoney } from "../money/funds.ts";
import { Invoices } from "../money/invoices.tsx";
import { Ledger } from "../money/ledger.tsx";
import { Money } from "../money/money.tsx";
import { text as money } from "../money/text.ts";
import { UseOfAccount } from "../money/use.tsx";
import { KeyForm } from "../parts/key-form.tsx";
import { Facts, Failure, PageHead, Panel, Waiting } from "../parts/page.tsx";
import { Copyable } from "../parts/rows.tsx";
import { TabsOf } from "../parts/tabs.tsx";
import { UseAgainstLimits } from "../parts/use.tsx";
import { Keys } from "./keys.tsx";
import { Sessions } from "./sessions.tsx";
import { text } from "./text.ts";

export function Account() {
  const { data: profile } = useQuery(profileQuery);
  const { tab } = useSearch({ from: "/account" });
  const navigate = useNavigate({ from: "/account" });
  if (profile == null) {
    return (
      <>
        <PageHead title={text.title} />
        <Waiting />
      </>
    );
  }
  return (
    <>
      <PageHead title={text.title} />
      <TabsOf
        label={text.title}
        names={hasMoney(profile) ? { ...text.tabs, ...money.tabs } : text.tabs}
        chosen={tab}
        onChoose={(next) => void navigate({ search: { tab: next } })}
        panels={{
          profile: () => <ProfileForm profile={profile} />,
          limits: () => (
            <>
              <Panel>
                <UseAgainstLimits profile={profile} />
              </Panel>
              <UseOfAccount profile={profile} />
            </>
          ),
          keys: () => <Keys />,
          sessions: () => <Sessions />,
          ...(hasMoney(profile) && {
            money: () => <Money profile={profile} />,
            ledger: () => <Ledger />,
            invoices: () => <Invoices />,
          }),
        }}
      />
    </>
  );
}

function ProfileForm({ profile }: { profile: Profile }) {
  const { data: fields, error, refetch } = useQuery(fieldsQuery("OwnAccountSet"));
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (fields === undefined) return <Waiting />;
  return (
    <Panel>
      <Facts
        facts={[
          ["User", <Copyable key="user" value={profile.user} label="User" />],
          ["Role", textOf(profile.role)],
          ["Status", textOf(profile.status)],
        ]}
      />
      <hr style={{ border: 0, margin: "0.75rem" }} />
      <KeyForm fields={fields} object={profile} path={["profile", "set"]} />
    </Panel>
  );
}
