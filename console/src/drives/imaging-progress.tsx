/** How far an imaging onto a drive is, for as long as it goes on: it is looked at often meanwhile. */
import { Box, Progress, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { type Drive, textOf } from "../api/objects.ts";
import { driveQuery, noteChange } from "../api/queries.ts";
import { lasting } from "../parts/amounts.ts";
import { Panel } from "../parts/page.tsx";
import { text } from "./text.ts";

const LOOK_MS = 2_000;
/** The rate is told once it is known of so much. */
const LEAST_PER_CENT = 2;

type Sample = { readonly atMs: number; readonly done: number };

export function ImagingProgress({ drive }: { drive: Drive }) {
  const client = useQueryClient();
  const imaging = textOf(drive.imaging);
  useQuery({ ...driveQuery(drive.drive), refetchInterval: imaging === "" ? false : LOOK_MS });
  const was = useRef(imaging);
  useEffect(() => {
    // Lists show it otherwise from now on.
    if (was.current !== "" && imaging === "") void noteChange(client);
    was.current = imaging;
  }, [client, imaging]);
  return imaging === "" ? null : <Going imaging={imaging} />;
}

function Going({ imaging }: { imaging: string }) {
  const done = Number.parseInt(imaging, 10);
  const isKnown = !Number.isNaN(done);
  const left = useLeft(isKnown ? done : 0);
  const said = imaging === "queued" ? text.progress.queued : text.progress.done(isKnown ? done : 0, left);
  return (
    <Box mb="lg">
      <Panel title={text.progress.title}>
        <Stack gap="xs">
          <Progress value={isKnown ? done : 0} aria-label={text.progress.title} size="lg" />
          <Text size="sm" role="status">
            {said}
          </Text>
        </Stack>
      </Panel>
    </Box>
  );
}

/** How long it will take, as it went since it was looked at first; null while that is not known. */
function useLeft(done: number): string | null {
  const first = useRef<Sample>({ atMs: performance.now(), done });
  if (done < first.current.done) first.current = { atMs: performance.now(), done };
  const came = done - first.current.done;
  if (came < LEAST_PER_CENT) return null;
  const msPerCent = (performance.now() - first.current.atMs) / came;
  return lasting(((100 - done) * msPerCent) / 1000);
}
