/** The standard images, which are there for every account: how one is made of a drive, and removed. */

import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { called, numberOf } from "../api/objects.ts";
import { drivesQuery } from "../api/queries.ts";
import { ActButton } from "../parts/act-button.tsx";
import { bytes } from "../parts/amounts.ts";
import { CreateForm } from "../parts/create-form.tsx";
import { DestroyListed } from "../parts/destroy.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icons.tsx";
import { useOpenDialog } from "../parts/open-dialog.ts";
import { Empty, Failure, Mono, PageHead, Panel, Waiting } from "../parts/page.tsx";
import { type Column, Rows } from "../parts/rows.tsx";
import { driveChoices } from "../servers/choices.ts";
import { BuildPanel } from "../systems/build.tsx";
import { type Image, imagesQuery } from "../systems/images.ts";
import { ForAdmins } from "./frame.tsx";
import { text } from "./text.ts";

const { images: said } = text;

/** Of the address: the dialog that adds one, and what that begins with which removes one. */
const ADD = "add";
const REMOVE = "remove ";

export const CloudImages = () => (
  <ForAdmins>
    <Images />
  </ForAdmins>
);

function Images() {
  const { data: images, error, refetch } = useQuery(imagesQuery);
  const { dialog = "", open } = useOpenDialog();
  const { dialog: _, tab: __, ...search } = useSearch({ from: "/cloud/images" });
  const navigate = useNavigate({ from: "/cloud/images" });
  const add = (
    <Button leftSection={<Icon name="add" />} onClick={() => open(ADD)}>
      {said.add}
    </Button>
  );
  const removed = images?.find(({ image }) => dialog === REMOVE + image);
  return (
    <>
      <PageHead title={said.title} actions={images !== undefined && images.length > 0 ? add : undefined} />
      <Stack gap="lg">
        {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
        {images === undefined && error === null && <Waiting />}
        {images?.length === 0 && (
          <Empty title={said.emptyTitle} actions={add}>
            {said.empty}
          </Empty>
        )}
        {images !== undefined && images.length > 0 && (
          <div>
            <Rows
              label={said.title}
              rows={images}
              columns={columnsOf((image) => open(REMOVE + image))}
              idOf={({ image }) => image}
              search={search}
              onSearch={(next) => void navigate({ search: next, replace: true })}
            />
          </div>
        )}
        <BuildPanel />
        <ByCommands />
      </Stack>
      {dialog === ADD && <Adding onClose={() => open()} />}
      {removed !== undefined && <Removing image={removed} onClose={() => open()} />}
    </>
  );
}

const ByCommands = () => (
  <Panel title={said.howTitle}>
    <Text mb="sm">{said.how}</Text>
    <Code block tabIndex={0} aria-label={said.command} c="inherit" bg="var(--lodge-ground)">
      {said.commands}
    </Code>
  </Panel>
);

function Adding({ onClose }: { onClose: () => void }) {
  const { data: drives, error } = useQuery(drivesQuery);
  return (
    <Dialog title={said.add} size="lg" onClose={onClose}>
      <Stack>
        <Text c="dimmed">{said.hint}</Text>
        <Group>
          <Button variant="default" component={Link} to="/drives/upload">
            {said.upload}
          </Button>
          <Button variant="default" component={Link} to="/drives/fetch">
            {said.fetch}
          </Button>
        </Group>
        {drives === undefined && error === null ? (
          <Waiting />
        ) : (
          <CreateForm<Image>
            schema="ImageAdd"
            path={["images", "add"]}
            submit={said.add}
            made={said.added}
            onMade={onClose}
            choices={{ drive: driveChoices(drives ?? []) }}
            chosen={["drive"]}
          />
        )}
      </Stack>
    </Dialog>
  );
}

const nameOf = ({ name, image }: Image) => called(name, image);

const Removing = ({ image, onClose }: { image: Image; onClose: () => void }) => (
  <DestroyListed
    what="image"
    isRemoval
    name={nameOf(image)}
    asked={{ path: ["images", "remove"], values: { image: image.image } }}
    done={said.removed}
    onClose={onClose}
  >
    {said.removeNote}
  </DestroyListed>
);

/** What the cloud builds is broken off by its removal. */
const canGo = ({ status, system }: { readonly status: string; readonly system: string | undefined }) =>
  status === "ready" || status === "incomplete" || (status === "importing" && system !== undefined);

/** Of one that is no whole yet, what is there of it. */
function sizeOf({ rawsize, size, done, status }: Image): string {
  if (status === "ready") return bytes(numberOf(rawsize ?? size));
  const whole = numberOf(size);
  return whole === 0 ? "" : said.of(bytes(numberOf(done)), bytes(whole));
}

const kindOf = ({ media }: Image) => (media === "cdrom" ? said.cdrom : said.disk);

const columnsOf = (onRemove: (image: string) => void): readonly Column<Image>[] => [
  {
    id: "name",
    title: said.columns.name,
    width: "minmax(7.500rem, 2fr)",
    value: nameOf,
    cell: nameOf,
  },
  {
    id: "kind",
    title: said.columns.kind,
    width: "9rem",
    isSecondary: true,
    value: kindOf,
    cell: kindOf,
  },
  {
    id: "size",
    title: said.columns.size,
    width: "8.500rem",
    isNumber: true,
    isSecondary: true,
    value: ({ rawsize, size }) => numberOf(rawsize ?? size),
    cell: sizeOf,
  },
  {
    id: "status",
    title: said.columns.status,
    width: "minmax(5rem, 9rem)",
    value: ({ status }) => said.statuses[status] ?? status,
    cell: ({ status }) => said.statuses[status] ?? status,
  },
  {
    id: "uuid",
    title: said.columns.uuid,
    width: "minmax(8rem, 2fr)",
    isSecondary: true,
    value: ({ image }) => image,
    cell: ({ image }) => <Mono>{image}</Mono>,
  },
  {
    id: "actions",
    title: said.columns.actions,
    width: "6rem",
    isNumber: true,
    value: () => "",
    cell: ({ image, status, system }) => (
      <ActButton
        label={said.remove}
        obstacle={canGo({ status, system }) ? null : said.isWorkedOn}
        onClick={() => onRemove(image)}
      />
    ),
  },
];
