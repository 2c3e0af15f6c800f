/** What the API answered: its status, its headers, and the rest. */
import { Code, Text, Title } from "@mantine/core";
import { useEffect, useState } from "react";
import { bytes as sizeOf } from "../parts/amounts.ts";
import { Facts, Mono } from "../parts/page.tsx";
import classes from "./commands.module.css";
import type { Answer } from "./send.ts";
import { text } from "./text.ts";

export function AnswerShown({ answer }: { readonly answer: Answer }) {
  const { status, tookMs, headers, text: body, isWhole, bytes } = answer;
  return (
    <section aria-label={text.answer} aria-live="polite">
      <Title order={3} className={classes.answer}>
        <span data-is-bad={status >= 400} className={classes.status}>
          {status}
        </span>{" "}
        <Text component="span" size="sm" c="dimmed">
          {text.took(tookMs)}
        </Text>
      </Title>
      <Facts facts={headers.map(([name, value]) => [name, <Mono key={name}>{value}</Mono>])} />
      {bytes !== null && <Saved bytes={bytes} />}
      {bytes === null && body === "" && <Text mt="md">{text.noBody}</Text>}
      {body !== "" && (
        <Code block mt="md" tabIndex={0} aria-label={text.answer} role="group" className={classes.body}>
          {body}
        </Code>
      )}
      {!isWhole && (
        <Text size="sm" c="dimmed" mt="xs">
          {text.cut}
        </Text>
      )}
    </section>
  );
}

/** Bytes are to be saved as a file. */
function Saved({ bytes }: { readonly bytes: Blob }) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(bytes);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes]);
  if (url === null) return null;
  return (
    <Text mt="md">
      <a href={url} download={text.fileName}>
        {text.save(sizeOf(bytes.size))}
      </a>
    </Text>
  );
}
