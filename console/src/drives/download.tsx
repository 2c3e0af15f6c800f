/** All of a drive, as a file that the browser keeps. */
import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { type Drive, numberOf, textOf } from "../api/objects.ts";
import { bytes } from "../parts/amounts.ts";
import { Icon } from "../parts/icons.tsx";
import { text } from "./text.ts";

export function Download({ drive }: { drive: Drive }) {
  const isImaged = textOf(drive.imaging) !== "";
  return (
    <Stack gap="sm">
      <Text size="sm">{isImaged ? text.downloadImaged : text.downloadNote(bytes(numberOf(drive.size)))}</Text>
      <Group>
        <Button
          variant="default"
          leftSection={<Icon name="download" />}
          renderRoot={({ children, ...props }) => (
            // The browser asks for it as this page does, with its session, and keeps it while it comes.
            <a href={`/drives/${drive.drive}/download`} download {...props}>
              {children}
            </a>
          )}
        >
          {text.download}
        </Button>
      </Group>
      <Text size="sm">{text.downloadTool}</Text>
      <Code block tabIndex={0} aria-label={text.downloadTool}>{`elastichosts-download ${drive.drive}`}</Code>
    </Stack>
  );
}
