/** A secret that was just made, and is shown this once. */
import { Alert, Button, Stack, Text } from "@mantine/core";
import { Copyable } from "./rows.tsx";
import { text } from "./text.ts";

type Props = {
  readonly secret: string;
  /** What it is for. */
  readonly says: string;
  readonly onDone: () => void;
};

export const ShownOnce = ({ secret, says, onDone }: Props) => (
  <Alert variant="outline" color="indigo" mb="md" role="status">
    <Stack gap="xs" align="flex-start">
      <Text size="sm">{says}</Text>
      <Copyable value={secret} label={says} />
      <Button size="xs" variant="default" onClick={onDone}>
        {text.kept}
      </Button>
    </Stack>
  </Alert>
);
