/** A drive out of a URL: the cloud downloads it, onto a new drive or one that is there. */
import { Group, Stack, Text, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { change } from "../api/client.ts";
import { sentenceOf } from "../api/errors.ts";
import { isOfferedQuery } from "../api/fields.ts";
import type { Drive } from "../api/objects.ts";
import { noteChange } from "../api/queries.ts";
import { SubmitButton, SubmitForm } from "../parts/form.tsx";
import { faultOf } from "../parts/key-form.tsx";
import { useOnce } from "../parts/once.ts";
import { Failure, PageHead, Panel } from "../parts/page.tsx";
import { RequestShown } from "../parts/request.tsx";
import { tell } from "../parts/tell.ts";
import { fetched, NONE, type Source, valuesOf } from "./fetched.ts";
import { text } from "./text.ts";

const { fetching } = text;

type FieldsProps = {
  readonly source: Source;
  readonly onChange: (source: Source) => void;
  readonly error: unknown;
  readonly isDisabled?: boolean;
};

/** What is asked for in either form; a refusal stands at its field. */
function SourceFields({ source, onChange, error, isDisabled = false }: FieldsProps) {
  const fault = faultOf(error, ["url", "sha256"]);
  const errorOf = (key: string) => (fault === key ? sentenceOf(error) : null);
  return (
    <>
      <TextInput
        label={fetching.url}
        description={fetching.urlHint}
        value={source.url}
        error={errorOf("url")}
        disabled={isDisabled}
        type="url"
        autoComplete="off"
        required
        onChange={({ currentTarget: { value } }) => onChange({ ...source, url: value })}
      />
      <TextInput
        label={fetching.sha256}
        description={fetching.sha256Hint}
        value={source.sha256}
        error={errorOf("sha256")}
        disabled={isDisabled}
        autoComplete="off"
        onChange={({ currentTarget: { value } }) => onChange({ ...source, sha256: value })}
      />
    </>
  );
}

/** Why nothing can be fetched in this cloud, null where it can. */
const useNotOffered = (): string | null =>
  useQuery(isOfferedQuery("/drives/{DRIVE}/fetch")).data === false ? fetching.notOffered : null;

/** Where a URL's content goes onto a new drive. */
export function FetchDrive() {
  const obstacle = useNotOffered();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [source, setSource] = useState(NONE);
  const [name, setName] = useState<string | null>(null);
  const [size, setSize] = useState("");
  const named = name ?? nameIn(source.url);
  const { mutate, error, isPending } = useOnce({
    mutationFn: () => fetched({ name: named, size }, source),
    async onSuccess(drive) {
      tell(fetching.begun);
      await navigate({ to: "/drives/$uuid", params: { uuid: drive } });
      await noteChange(client);
    },
  });
  const fault = faultOf(error, ["name", "size", "url", "sha256"]);
  const errorOf = (key: string) => (fault === key ? sentenceOf(error) : null);
  return (
    <>
      <PageHead title={fetching.title} above={<Link to="/drives">← {text.title}</Link>} />
      <Panel>
        <SubmitForm error={error} onSubmit={() => obstacle === null && mutate()}>
          <Stack maw={640}>
            {error !== null && fault === null && <Failure error={error} />}
            <Text {...(obstacle === null ? { c: "dimmed" } : {})}>{obstacle ?? fetching.hint}</Text>
            <SourceFields source={source} onChange={setSource} error={error} isDisabled={obstacle !== null} />
            <TextInput
              label={fetching.name}
              value={named}
              error={errorOf("name")}
              disabled={obstacle !== null}
              required
              onChange={({ currentTarget: { value } }) => setName(value)}
            />
            <TextInput
              label={fetching.size}
              description={fetching.sizeHint}
              value={size}
              error={errorOf("size")}
              disabled={obstacle !== null}
              required
              onChange={({ currentTarget: { value } }) => setSize(value)}
            />
            <Group>
              <SubmitButton isPending={isPending} obstacle={obstacle}>
                {fetching.submit}
              </SubmitButton>
            </Group>
            <RequestShown path={["drives", fetching.newDrive, "fetch"]} values={valuesOf(source)} />
          </Stack>
        </SubmitForm>
      </Panel>
    </>
  );
}

/** The last word of the URL's path, without what says that it is an image. */
function nameIn(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : "";
  const last = path.split("/").findLast((word) => word !== "") ?? "";
  try {
    return decodeURIComponent(last).replace(/\.(raw|img|iso)$/i, "");
  } catch {
    return last;
  }
}

/** Where a URL's content goes onto a drive that is there. */
export function FetchOnto({ drive, busy }: { drive: Drive; busy: string | null }) {
  const notOffered = useNotOffered();
  const obstacle = notOffered ?? busy;
  const client = useQueryClient();
  const [source, setSource] = useState(NONE);
  const path = ["drives", drive.drive, "fetch"];
  const { mutate, error, isPending } = useOnce({
    mutationFn: () => change(path.join("/"), valuesOf(source)),
    async onSuccess() {
      setSource(NONE);
      tell(fetching.begun);
      await noteChange(client);
    },
  });
  const why = obstacle ?? (source.url === "" ? fetching.urlFirst : null);
  return (
    <SubmitForm error={error} onSubmit={() => why === null && mutate()}>
      <Stack maw={640}>
        {error !== null && faultOf(error, ["url", "sha256"]) === null && <Failure error={error} />}
        <Text size="sm">{obstacle ?? fetching.ontoNote}</Text>
        <SourceFields source={source} onChange={setSource} error={error} isDisabled={obstacle !== null} />
        <Group>
          <SubmitButton isPending={isPending} obstacle={why}>
            {fetching.ontoSubmit}
          </SubmitButton>
        </Group>
        {source.url !== "" && <RequestShown path={path} values={valuesOf(source)} />}
      </Stack>
    </SubmitForm>
  );
}
