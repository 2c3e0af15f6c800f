/** Making an account, whose secret is shown this once. */
import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { called, type Profile, textOf } from "../api/objects.ts";
import { CreateForm } from "../parts/create-form.tsx";
import { Facts, PageHead, Panel } from "../parts/page.tsx";
import { Copyable } from "../parts/rows.tsx";
import { isolated } from "../parts/theirs.tsx";
import { useFieldsLeftOut } from "./credit-field.ts";
import { ForAdmins } from "./frame.tsx";
import { text } from "./text.ts";

const { accounts: said } = text;

const above = <Link to="/cloud/accounts">← {said.title}</Link>;

export const CreateAccount = () => (
  <ForAdmins>
    <Creating />
  </ForAdmins>
);

function Creating() {
  const [made, setMade] = useState<Profile | null>(null);
  const leftOut = useFieldsLeftOut();
  if (made !== null) return <Made account={made} />;
  return (
    <>
      <PageHead above={above} title={said.create} />
      <Panel>
        <CreateForm<Profile>
          schema="AccountCreate"
          path={["accounts", "create"]}
          hint={said.createHint}
          submit={said.create}
          made={said.made}
          onMade={setMade}
          leftOut={leftOut}
        />
      </Panel>
    </>
  );
}

function Made({ account }: { account: Profile }) {
  const navigate = useNavigate();
  const { user } = account;
  const secret = textOf(account.secret);
  const toAccount = () => void navigate({ to: "/cloud/accounts/$user", params: { user } });
  return (
    <>
      <PageHead above={above} title={said.madeTitle(isolated(called(account.name, user)))} />
      <Alert variant="outline" color="indigo" role="status">
        <Stack>
          <Text size="sm">{said.secret}</Text>
          <Facts
            facts={[
              [said.user, <Copyable key="user" value={user} label={said.user} />],
              [said.key, <Copyable key="key" value={secret} label={said.key} />],
            ]}
          />
          <div>
            <Text size="sm" c="dimmed">
              {said.shell}
            </Text>
            <Code block tabIndex={0} aria-label={said.shell} c="inherit" bg="var(--lodge-ground)">
              {`export EHURI=${location.origin}/\nexport EHAUTH=${user}:${secret}`}
            </Code>
          </div>
          <Group>
            <Button onClick={toAccount}>{said.toAccount}</Button>
          </Group>
        </Stack>
      </Alert>
    </>
  );
}
