/** The systems that the cloud builds by itself, for its admins: how a cloud that has no image yet comes by its first one. */
import { Button, Loader, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { change } from "../api/client.ts";
import { isStatus } from "../api/errors.ts";
import { textOf } from "../api/objects.ts";
import { profileQuery, standardQuery } from "../api/queries.ts";
import { ActButton } from "../parts/act-button.tsx";
import { useOnce } from "../parts/once.ts";
import { Failure, Panel } from "../parts/page.tsx";
import { Theirs } from "../parts/theirs.tsx";
import classes from "./build.module.css";
import { type Image, imagesQuery } from "./images.ts";
import { text } from "./text.ts";

type System = keyof typeof text.systems;

const SYSTEMS = Object.keys(text.systems) as readonly System[];

/** As a part of a page; nothing for who is no admin. */
export function BuildPanel() {
  const isAdmin = useIsAdmin();
  if (!isAdmin) return null;
  return (
    <Panel title={text.title}>
      <Text c="dimmed" mb="md">
        {text.hint}
      </Text>
      <Systems />
    </Panel>
  );
}

type FirstProps = {
  /** Whether there is none still. */
  readonly hasNone: boolean;
  /** What is told to who is no admin. */
  readonly others: string;
};

/** Where there was no standard image and one is wanted: how the first one comes, which is chosen then. */
export function BuildFirst({ hasNone, others }: FirstProps) {
  const isAdmin = useIsAdmin();
  if (!isAdmin) {
    if (!hasNone) return null;
    return (
      <Text size="sm" c="dimmed">
        {others}
      </Text>
    );
  }
  return (
    <>
      {hasNone && (
        <Text size="sm" c="dimmed">
          {text.first} <Link to="/drives/upload">{text.upload}</Link>
          {text.orEmpty}
        </Text>
      )}
      <Systems isChosen />
    </>
  );
}

const useIsAdmin = () => useQuery(profileQuery).data?.role === "admin";

/** @param isChosen whether the first one that is ready is chosen for what the page makes */
function Systems({ isChosen = false }: { isChosen?: boolean }) {
  const { data: images } = useQuery(imagesQuery);
  useStandardAnew(images);
  if (images === undefined) return null;
  return (
    <ul className={classes.systems} aria-label={text.label}>
      {SYSTEMS.map((system) => (
        <li key={system}>
          <One system={system} image={images.find((image) => image.system === system)} isChosen={isChosen} />
        </li>
      ))}
    </ul>
  );
}

/** Once one of them is ready, it is among the standard images. */
function useStandardAnew(images: readonly Image[] | undefined): void {
  const client = useQueryClient();
  const ready = images?.filter(({ system, status }) => system !== undefined && status === "ready").length;
  const known = useRef(ready);
  useEffect(() => {
    if (known.current !== undefined && ready !== known.current)
      void client.invalidateQueries({ queryKey: standardQuery.queryKey });
    known.current = ready;
  }, [client, ready]);
}

type OneProps = {
  readonly system: System;
  readonly image: Image | undefined;
  readonly isChosen: boolean;
};

function One({ system, image, isChosen }: OneProps) {
  const { name, does, build } = text.systems[system];
  const client = useQueryClient();
  const { mutate, isPending, error } = useOnce({
    mutationFn: () => change<Image>("images/build", { system }),
    onSettled: () => client.invalidateQueries({ queryKey: imagesQuery.queryKey }),
  });
  const { status } = image ?? {};
  const isBroken = status === "incomplete";
  // Where it is there or being made, somebody else has begun it.
  const isRefused = error !== null && !isStatus(error, 409) && (image === undefined || isBroken);
  return (
    <>
      <div className={classes.about}>
        <Text fw={600}>{name}</Text>
        <Text size="sm" c="dimmed">
          {does}
        </Text>
        {status === "importing" && (
          <div className={classes.step} role="status">
            <Loader size="xs" aria-hidden />
            <Text size="sm">
              <Theirs>{textOf(image?.step) || text.begins}</Theirs>
              {isChosen && `. ${text.chosenThen}`}
            </Text>
          </div>
        )}
        {status === "ready" && (
          <Text size="sm" role="status">
            {isChosen ? text.readyBelow : text.ready}
          </Text>
        )}
        {isBroken && (
          <Text size="sm" c="var(--lodge-bad)" role="alert">
            {text.failed}: <Theirs>{textOf(image?.error) || text.broken}</Theirs>
          </Text>
        )}
        {isRefused && <Failure error={error} title={text.failed} />}
      </div>
      {(status !== "ready" || isChosen) && (
        <ActButton
          label={isBroken ? text.again : build}
          size="sm"
          hint={text.hint}
          obstacle={status === "ready" ? text.ready : null}
          isPending={isPending || status === "importing"}
          onClick={() => mutate()}
        />
      )}
      {status === "ready" && !isChosen && (
        <Button
          variant="default"
          size="sm"
          renderRoot={(props) => <Link to="/servers/create" search={{ image: image?.image }} {...props} />}
        >
          {text.use}
        </Button>
      )}
    </>
  );
}
