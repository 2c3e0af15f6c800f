/** The systems that the cloud builds by itself, for its admins: how a cloud that has no image yet comes by its first one. */
import { Button, Loader, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { change } from "../api/client.ts";
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

/** Where there is no standard image and one is wanted: how the first one comes; for who is no admin, `others`. */
export function BuildFirst({ others }: { others: string }) {
  const isAdmin = useIsAdmin();
  return (
    <>
      <Text size="sm" c="dimmed">
        {isAdmin ? text.first : others}
      </Text>
      {isAdmin && <Systems />}
    </>
  );
}

const useIsAdmin = () => useQuery(profileQuery).data?.role === "admin";

function Systems() {
  const { data: images } = useQuery(imagesQuery);
  useStandardAnew(images);
  if (images === undefined) return null;
  return (
    <ul className={classes.systems} aria-label={text.label}>
      {SYSTEMS.map((system) => (
        <li key={system}>
          <One system={system} image={images.find((image) => image.system === system)} />
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

type OneProps = { readonly system: System; readonly image: Image | undefined };

function One({ system, image }: OneProps) {
  const { name, does, build } = text.systems[system];
  const client = useQueryClient();
  const { mutate, isPending, error } = useOnce({
    mutationFn: () => change<Image>("images/build", { system }),
    onSettled: () => client.invalidateQueries({ queryKey: imagesQuery.queryKey }),
  });
  const { status } = image ?? {};
  const isBroken = status === "incomplete";
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
            </Text>
          </div>
        )}
        {isBroken && (
          <Text size="sm" c="var(--lodge-bad)" role="alert">
            {text.failed}: <Theirs>{textOf(image?.error) || text.broken}</Theirs>
          </Text>
        )}
        {error !== null && <Failure error={error} title={text.failed} />}
      </div>
      {(image === undefined || isBroken) && (
        <ActButton
          label={isBroken ? text.again : build}
          size="sm"
          obstacle={null}
          isPending={isPending}
          onClick={() => mutate()}
        />
      )}
      {status === "ready" && (
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
