/** The way in: a key that begins a session, or a link with a code that does, once. */
import { Button, Code, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { forgetActing } from "../api/acting.ts";
import { change } from "../api/client.ts";
import { Failure } from "../parts/page.tsx";
import classes from "./login.module.css";
import { text } from "./text.ts";

/** A code in the address is taken out of it at once: it is good once, and nobody's to see. */
function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return code;
}

const linked = takeCode();

const base64 = (text: string) => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));

export function Login() {
  const client = useQueryClient();
  const [user, setUser] = useState("");
  const [secret, setSecret] = useState("");
  const { mutate, isPending, error } = useMutation({
    mutationFn(authorization: string) {
      forgetActing();
      return change("session", undefined, { Authorization: authorization });
    },
    // What was asked before, and what another was answered, is nothing of theirs.
    onSuccess: () => client.resetQueries(),
  });
  useLinkedCode(mutate);
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

let isTaken = false;

/** Logs in by the link's code, once. */
function useLinkedCode(logIn: (authorization: string) => void): void {
  useEffect(() => {
    if (linked === null || isTaken) return;
    isTaken = true;
    logIn(`Bearer ${linked}`);
  }, [logIn]);
}
