/** The page at an address that has none, or none for who is logged in. */
import { Button, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { PageHead } from "../parts/page.tsx";
import { text } from "./text.ts";

export const NotFound = () => (
  <Stack align="flex-start">
    <PageHead title={text.notFound} />
    <Text c="dimmed">{text.notFoundHint}</Text>
    <Button renderRoot={(props) => <Link to="/" {...props} />} variant="default">
      {text.toOverview}
    </Button>
  </Stack>
);
