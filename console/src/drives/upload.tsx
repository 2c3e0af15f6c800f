/** Uploading the image of a disk from the browser. */
import { Progress as Bar, Button, FileInput, Group, Stack, Text, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState, useSyncExternalStore } from "react";
import { noteChange, profileQuery } from "../api/queries.ts";
import { Cost } from "../money/cost.tsx";
import { bytes, lasting } from "../parts/amounts.ts";
import { SubmitButton } from "../parts/form.tsx";
import { Icon } from "../parts/icons.tsx";
import { Failure, PageHead, Panel } from "../parts/page.tsx";
import { isolated, SentenceWith } from "../parts/theirs.tsx";
import { text } from "./text.ts";
import { forgetUpload, keptUpload, type Progress, upload } from "./upload-state.ts";

const { uploading } = text;

export function UploadDrive() {
  const progress = useSyncExternalStore(upload.subscribe, upload.progress);
  const user = useQuery(profileQuery).data?.user;
  return (
    <>
      <PageHead title={uploading.title} above={<Link to="/drives">← {text.title}</Link>} />
      <Panel>
        {progress.state === "running" && <Running progress={progress} />}
        {progress.state === "done" && <Done progress={progress} />}
        {progress.state !== "running" && progress.state !== "done" && user !== undefined && (
          <Choose key={user} user={user} progress={progress} />
        )}
      </Panel>
    </>
  );
}

function Choose({ user, progress }: { user: string; progress: Progress }) {
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState("");
  const [kept, setKept] = useState(() => keptUpload(user));
  const start = async (event: FormEvent) => {
    event.preventDefault();
    if (file === null || file.size === 0) return;
    await upload.run(user, file, name.trim() || file.name);
    await noteChange(client);
  };
  const choose = (chosen: File | null) => {
    setFile(chosen);
    if (chosen !== null && name === "") setName(chosen.name.replace(/\.(raw|img|iso)$/i, ""));
  };
  const forget = () => {
    forgetUpload(user);
    setKept(null);
  };
  const fault = file?.size === 0 ? uploading.empty : null;
  return (
    <form onSubmit={(event) => void start(event)}>
      <Stack maw={540}>
        {progress.state === "failed" && <Failure title={uploading.failed} error={progress.error} />}
        {progress.state === "cancelled" && <Text role="status">{uploading.cancelled}</Text>}
        {kept !== null && (
          <Group justify="space-between" role="status">
            <Text size="sm">
              <SentenceWith says={uploading.resumable} theirs={kept.file} />
            </Text>
            <Button size="xs" variant="default" onClick={forget}>
              {uploading.forget}
            </Button>
          </Group>
        )}
        <Text c="dimmed">{uploading.hint}</Text>
        <FileInput
          error={fault}
          label={uploading.file}
          placeholder={uploading.choose}
          value={file}
          onChange={choose}
          required
          leftSection={<Icon name="upload" />}
          fileInputProps={{ "aria-label": uploading.file }}
          description={file === null ? null : uploading.chosen(isolated(file.name), bytes(file.size))}
        />
        <TextInput
          label={uploading.name}
          value={name}
          required
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        {file !== null && file.size > 0 && <Cost amounts={{ disk: BigInt(file.size) }} />}
        <Group>
          <SubmitButton isPending={false} obstacle={fault ?? (file === null ? uploading.fileFirst : null)}>
            {kept !== null && kept.file === file?.name ? uploading.resume : uploading.submit}
          </SubmitButton>
        </Group>
      </Stack>
    </form>
  );
}

function Running({ progress }: { progress: Progress }) {
  const { doneBytes, totalBytes, zeroBytes, savedBytes, rate, attempt } = progress;
  const percent = totalBytes === 0 ? 100 : (doneBytes / totalBytes) * 100;
  const facts = [
    uploading.progress(bytes(doneBytes), bytes(totalBytes)),
    ...(rate === null || rate === 0
      ? []
      : [uploading.rate(bytes(rate)), uploading.left(lasting((totalBytes - doneBytes) / rate))]),
    ...(zeroBytes === 0 ? [] : [uploading.skipped(bytes(zeroBytes))]),
    ...(savedBytes === 0 ? [] : [uploading.saved(bytes(savedBytes))]),
  ];
  return (
    <Stack maw={540}>
      <Text fw={600}>{progress.file}</Text>
      <Bar value={percent} aria-label={uploading.bar} size="lg" />
      <Text size="sm" c="dimmed">
        {facts.join(" · ")}
      </Text>
      {attempt > 1 && <Text size="sm">{uploading.retrying(attempt)}</Text>}
      <Group>
        <Button variant="default" onClick={() => upload.cancel()}>
          {uploading.cancel}
        </Button>
      </Group>
    </Stack>
  );
}

const Done = ({ progress }: { progress: Progress }) => (
  <Stack maw={540} role="status">
    <Text fw={600}>{uploading.done}</Text>
    <Text size="sm" c="dimmed">
      {[isolated(progress.file), bytes(progress.totalBytes)].join(" · ")}
      {progress.zeroBytes > 0 && ` · ${uploading.skipped(bytes(progress.zeroBytes))}`}
      {progress.savedBytes > 0 && ` · ${uploading.saved(bytes(progress.savedBytes))}`}
    </Text>
    <Group>
      {progress.drive !== null && (
        <Button
          renderRoot={(props) => (
            <Link to="/servers/create" search={{ drive: progress.drive ?? "" }} {...props} />
          )}
        >
          {uploading.use}
        </Button>
      )}
      {progress.drive !== null && (
        <Button
          variant="default"
          renderRoot={(props) => (
            <Link to="/drives/$uuid" params={{ uuid: progress.drive ?? "" }} {...props} />
          )}
        >
          {uploading.show}
        </Button>
      )}
      <Button variant="default" onClick={() => upload.reset()}>
        {uploading.another}
      </Button>
    </Group>
  </Stack>
);
