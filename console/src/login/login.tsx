/** The way in: a key that begins a session, or a link with a code that does, once. */
import { Button, Code, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Failure } from "../parts/page.tsx";
import { type LogIn, useLogIn } from "./link.ts";
import classes from "./login.module.css";
import { text } from "./text.ts";

const base64 = (text: string) => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));

type Props = {
  readonly link: LogIn;
  /** Whose page lies behind it, null where there is none. */
  readonly before: string | null;
};

export function Login({ link, before }: Props) {
  const [user, setUser] = useState("");
  const [secret, setSecret] = useState("");
  const { mutate, ...own } = useLogIn(before);
  const isPending = own.isPending || link.isPending;
  const error = own.error ?? link.error;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate(`Basic ${base64(`${user.trim()}:${secret.trim()}`)}`);
  };
  return (
    <main className={classes.main}>
      <Paper withBorder p="xl" className={classes.paper} bg="var(--lodge-raised)">
        <form onSubmit={submit}>
          <Stack>
            <Title order={1}>{text.title}</Title>
            {error !== null && <Failure error={error} />}
            <TextInput
              label={text.user}
              description={text.userHelp}
              autoComplete="username"
              required
              value={user}
              onChange={({ currentTarget }) => setUser(currentTarget.value)}
            />
            <PasswordInput
              label={text.secret}
              description={text.secretHelp}
              autoComplete="current-password"
              required
              value={secret}
              onChange={({ currentTarget }) => setSecret(currentTarget.value)}
            />
            <Button type="submit" loading={isPending} fullWidth>
              {text.logIn}
            </Button>
            <Text size="sm" c="dimmed">
              {text.or} <Code className={classes.code}>{text.command}</Code>
            </Text>
          </Stack>
        </form>
      </Paper>
    </main>
  );
}
