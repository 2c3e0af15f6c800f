/** A form's request as it is made in a shell: whoever uses the console learns the API. */
import { Code, SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";
import type { Values } from "../api/client.ts";
import classes from "./request.module.css";
import { text } from "./text.ts";

/** A request of properties. */
export type Asked = {
  /** Words, such as `["servers", UUID, "set"]`. */
  readonly path: readonly string[];
  readonly values?: Values;
};

type Props = Asked & {
  /** What is asked before it, one after the other. */
  readonly before?: readonly Asked[];
  /** What of it is a file: what is sent, or what is answered. Reading asks with GET. */
  readonly how?: How;
};

type How = {
  readonly isReading?: boolean;
  readonly file?: "sent" | "answered";
};

type Tool = "curl" | "tool";

export function RequestShown({ path, values = {}, before = [], how = {} }: Props) {
  const [tool, setTool] = useState<Tool>("curl");
  const shown = tool === "curl" ? asCurl : asTool;
  const all = [...before.map((each) => shown(each.path, each.values ?? {}, {})), shown(path, values, how)];
  return (
    <details className={classes.details}>
      <summary>{text.request}</summary>
      <Stack gap="xs" mt="sm" align="flex-start">
        <SegmentedControl
          size="xs"
          aria-label={text.request}
          value={tool}
          onChange={(value) => setTool(value as Tool)}
          data={[
            { value: "curl", label: text.requestCurl },
            { value: "tool", label: text.requestTool },
          ]}
        />
        <Code block className={classes.code} tabIndex={0} aria-label={text.request}>
          {all.join("\n")}
        </Code>
      </Stack>
    </details>
  );
}

const lines = (values: Values) =>
  Object.entries(values).map(([key, value]) => (value === null ? key : `${key} ${value}`));

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

function asCurl(path: readonly string[], values: Values, { isReading = false, file }: How): string {
  const url = `"$EHURI${path.join("/")}"`;
  const all = lines(values);
  if (file === "sent") {
    return `curl -u "$EHAUTH" -H "Content-Type: application/octet-stream" --data-binary @FILE \\\n  ${url}`;
  }
  if (file === "answered") return `curl -u "$EHAUTH" -o FILE ${url}`;
  if (isReading) return `curl -u "$EHAUTH" ${url}`;
  if (all.length === 0) return `curl -u "$EHAUTH" -X POST ${url}`;
  return `curl -u "$EHAUTH" -H "Content-Type: text/plain" --data-binary ${quoted(all.join("\n"))} \\\n  ${url}`;
}

function asTool(path: readonly string[], values: Values, { file }: How): string {
  const all = lines(values);
  if (file === "sent") return `elastichosts -f FILE ${path.join(" ")}`;
  if (file === "answered") return `elastichosts ${path.join(" ")} > FILE`;
  if (all.length === 0) return `elastichosts ${path.join(" ")}`;
  return `elastichosts -c ${path.join(" ")} << 'EOF'\n${all.join("\n")}\nEOF`;
}
