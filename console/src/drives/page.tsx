/** One drive: what it is, who uses it, what is on it, and all that can be set. */
import { Group, NativeSelect, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ActivityOf } from "../activity/of.tsx";
import { change } from "../api/client.ts";
import { fieldsQuery } from "../api/fields.ts";
import { called, type Drive, numberOf, textOf, wordsOf } from "../api/objects.ts";
import { driveQuery, drivesQuery, noteChange, serversQuery, standardQuery } from "../api/queries.ts";
import { driveCan, driveStateOf, reasonSentence } from "../api/rules.ts";
import { ActButton } from "../parts/act-button.tsx";
import { bytes } from "../parts/amounts.ts";
import { DestroyDialog } from "../parts/destroy.tsx";
import { SubmitButton, SubmitForm } from "../parts/form.tsx";
import { KeyForm } from "../parts/key-form.tsx";
import { ObjectPage } from "../parts/object-page.tsx";
import { useOnce } from "../parts/once.ts";
import { useOpenDialog } from "../parts/open-dialog.ts";
import { Facts, Failure, PageHead, Panel, Waiting } from "../parts/page.tsx";
import { RequestShown } from "../parts/request.tsx";
import { Copyable } from "../parts/rows.tsx";
import { TabsOf } from "../parts/tabs.tsx";
import { tell } from "../parts/tell.ts";
import { isolated } from "../parts/theirs.tsx";
import { Download } from "./download.tsx";
import { FetchOnto } from "./fetch.tsx";
import { ImagingProgress } from "./imaging-progress.tsx";
import { Sharing } from "./sharing.tsx";
import { DriveStatus } from "./state.tsx";
import { text } from "./text.ts";

const above = <Link to="/drives">← {text.title}</Link>;

export function DrivePage() {
  const { uuid } = useParams({ from: "/drives/$uuid" });
  const query = useQuery(driveQuery(uuid));
  const { tab } = useSearch({ from: "/drives/$uuid" });
  const navigate = useNavigate({ from: "/drives/$uuid" });
  return (
    <ObjectPage query={query} title={text.title} above={above}>
      {(drive) => (
        <>
          <PageHead
            above={above}
            title={called(drive.name, uuid)}
            note={<DriveStatus drive={drive} />}
            actions={<DestroyDrive drive={drive} />}
          />
          <ImagingProgress drive={drive} />
          <TabsOf
            label={text.title}
            names={text.tabs}
            chosen={tab}
            onChoose={(next) => void navigate({ search: { tab: next } })}
            panels={{
              overview: () => <DriveFacts drive={drive} />,
              configuration: () => <DriveForm drive={drive} />,
              content: () => <Content drive={drive} />,
              sharing: () => <Sharing drive={drive} />,
              activity: () => <ActivityOf object={drive.drive} />,
            }}
          />
        </>
      )}
    </ObjectPage>
  );
}

function DriveFacts({ drive }: { drive: Drive }) {
  const { facts } = text;
  const failure = drive["imaging:error"];
  return (
    <Panel title={text.state}>
      {failure !== undefined && <Failure title={text.imagingFailed} error={textOf(failure)} />}
      <Facts
        facts={[
          [facts.size, bytes(numberOf(drive.size))],
          [facts.used, <ClaimedBy key="used" drive={drive} />],
          [facts.claim, drive["claim:type"] === "shared" ? facts.shared : facts.exclusive],
          [facts.cipher, textOf(drive["encryption:cipher"])],
          [facts.read, bytes(numberOf(drive["read:bytes"]))],
          [facts.written, bytes(numberOf(drive["write:bytes"]))],
          [facts.tags, textOf(drive.tags)],
          [facts.uuid, <Copyable key="uuid" value={drive.drive} label={facts.uuid} />],
        ]}
      />
    </Panel>
  );
}

function ClaimedBy({ drive }: { drive: Drive }) {
  const uuids = wordsOf(drive.claimed);
  const isUsed = uuids.length > 0;
  const { data: servers = [] } = useQuery({ ...serversQuery, enabled: isUsed });
  const { data: drives = [] } = useQuery({ ...drivesQuery, enabled: isUsed });
  if (uuids.length === 0) return text.nothing;
  return uuids.map((uuid) => {
    const other = drives.find((each) => each.drive === uuid);
    const server = servers.find((each) => each.server === uuid);
    return (
      <div key={uuid}>
        <Link to={other === undefined ? "/servers/$uuid" : "/drives/$uuid"} params={{ uuid }}>
          {textOf(server?.name) || textOf(other?.name) || uuid}
        </Link>
      </div>
    );
  });
}

function DriveForm({ drive }: { drive: Drive }) {
  const { data: fields, error, refetch } = useQuery(fieldsQuery("DriveSet"));
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (fields === undefined) return <Waiting />;
  return (
    <Panel>
      <KeyForm fields={fields} object={drive} path={["drives", drive.drive, "set"]} />
    </Panel>
  );
}

/** What the API would refuse now, of that drive. */
function useDriveState(drive: Drive) {
  // Which of them are drives matters only where something uses it: all drives are not read for one.
  const { data: drives = [] } = useQuery({ ...drivesQuery, enabled: wordsOf(drive.claimed).length > 0 });
  const uuids = new Set(drives.map((each) => each.drive));
  return driveStateOf(drive as Parameters<typeof driveStateOf>[0], (uuid) => uuids.has(uuid));
}

const sentence = (reason: { readonly sentence: string } | null) =>
  reason === null ? null : reasonSentence(reason);

function DestroyDrive({ drive }: { drive: Drive }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { dialog, open } = useOpenDialog();
  const obstacle = sentence(driveCan.destroy(useDriveState(drive)));
  const asked = { path: ["drives", drive.drive, "destroy"] };
  const destroy = async () => {
    await change(asked.path.join("/"));
    tell(text.destroyed);
    await navigate({ to: "/drives", replace: true });
    client.removeQueries({ queryKey: [...drivesQuery.queryKey, drive.drive] });
    await noteChange(client);
  };
  return (
    <>
      <ActButton
        isGrave
        size="sm"
        icon="destroy"
        label={text.destroy}
        hint={text.destroyNote}
        obstacle={obstacle}
        onClick={() => open("destroy")}
      />
      {dialog === "destroy" && (
        <DestroyDialog
          what="drive"
          name={called(drive.name, drive.drive)}
          destroy={destroy}
          asked={asked}
          onClose={() => open()}
        >
          {text.destroyNote}
        </DestroyDialog>
      )}
    </>
  );
}

const Content = ({ drive }: { drive: Drive }) => (
  <Stack>
    <Panel title={text.image}>
      <ImageForm drive={drive} />
    </Panel>
    <Panel title={text.fetching.onto}>
      <FetchForDrive drive={drive} />
    </Panel>
    <Panel title={text.download}>
      <Download drive={drive} />
    </Panel>
  </Stack>
);

const FetchForDrive = ({ drive }: { drive: Drive }) => (
  <FetchOnto drive={drive} busy={sentence(driveCan.imageOnto(useDriveState(drive)))} />
);

function ImageForm({ drive }: { drive: Drive }) {
  const client = useQueryClient();
  const { data: drives = [] } = useQuery(drivesQuery);
  const { data: standard = [] } = useQuery(standardQuery);
  const [source, setSource] = useState("");
  const obstacle = sentence(driveCan.imageOnto(useDriveState(drive)));
  const isGzipped = standard.find((each) => each.drive === source)?.format === "gzip";
  const path = ["drives", drive.drive, "image", source, ...(isGzipped ? ["gunzip"] : [])];
  const { mutate, error, isPending } = useOnce({
    mutationFn: () => change(path.join("/")),
    async onSuccess() {
      tell(text.imagingBegun);
      await noteChange(client);
    },
  });
  const why = obstacle ?? (source === "" ? text.sourceFirst : null);
  const submit = () => {
    if (why === null) mutate();
  };
  const others = drives.filter((each) => each.drive !== drive.drive);
  const choices = [...standard, ...others].map((each) => ({
    value: each.drive,
    label: `${isolated(called(each.name, each.drive))} (${bytes(numberOf(each.rawsize ?? each.size))})`,
  }));
  return (
    <SubmitForm error={error} isChecked onSubmit={submit}>
      <Stack>
        {error !== null && <Failure error={error} />}
        <Text size="sm">{obstacle ?? text.imageNote}</Text>
        <NativeSelect
          label={text.source}
          value={source}
          disabled={obstacle !== null}
          data={[{ value: "", label: text.chooseSource }, ...choices]}
          onChange={({ currentTarget }) => setSource(currentTarget.value)}
          maw={440}
        />
        <Group>
          <SubmitButton isPending={isPending} obstacle={why}>
            {text.imageIt}
          </SubmitButton>
        </Group>
        {source !== "" && <RequestShown path={path} />}
      </Stack>
    </SubmitForm>
  );
}
