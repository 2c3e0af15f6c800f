/** A server as a card of the list. */
import { Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { addressOf, numberOf, type Server, textOf } from "../api/objects.ts";
import { megabytes, megahertz } from "../parts/amounts.ts";
import { Mono } from "../parts/page.tsx";
import { Status } from "../parts/status.tsx";
import classes from "./card.module.css";
import { nameOf } from "./doing.ts";

export const ServerCard = ({ server }: { server: Server }) => (
  <>
    <Link to="/servers/$uuid" params={{ uuid: server.server }} className={classes.name}>
      {nameOf(server)}
    </Link>
    <Group gap="md" mt={6} wrap="nowrap">
      <Status status={textOf(server.status)} />
      <Text size="sm" c="dimmed">
        {megahertz(numberOf(server.cpu))}, {megabytes(numberOf(server.mem))}
      </Text>
    </Group>
    <Text size="sm" mt={6}>
      <Mono>{addressOf(server)}</Mono>
    </Text>
    <Text size="xs" mt={6} c="dimmed" truncate>
      {textOf(server.tags)}
    </Text>
  </>
);
