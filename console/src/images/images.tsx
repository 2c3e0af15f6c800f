/** The standard images and CDs. */
import { Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { called, type Drive, numberOf } from "../api/objects.ts";
import { standardQuery } from "../api/queries.ts";
import { bytes } from "../parts/amounts.ts";
import { Icon } from "../parts/icons.tsx";
import { Empty, Failure, PageHead, Waiting } from "../parts/page.tsx";
import { type Column, Rows } from "../parts/rows.tsx";
import { BuildPanel } from "../systems/build.tsx";
import { text } from "./text.ts";

export function Images() {
  const { data: images, error, refetch } = useQuery(standardQuery);
  const search = useSearch({ from: "/images" });
  const navigate = useNavigate({ from: "/images" });
  const upload = (
    <Button
      variant="default"
      renderRoot={(props) => <Link to="/drives/upload" {...props} />}
      leftSection={<Icon name="upload" />}
    >
      {text.upload}
    </Button>
  );
  const hasSome = images !== undefined && images.length > 0;
  return (
    <>
      <PageHead title={text.title} actions={hasSome ? upload : undefined} />
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {images === undefined && error === null && <Waiting />}
      {images?.length === 0 && (
        <Stack gap="lg">
          <Empty title={text.emptyTitle} actions={upload}>
            {text.empty}
          </Empty>
          <BuildPanel />
        </Stack>
      )}
      {hasSome && (
        <>
          <Text c="dimmed" mb="md">
            {text.hint}
          </Text>
          <Rows
            label={text.title}
            rows={images}
            columns={COLUMNS}
            idOf={({ drive }) => drive}
            search={search}
            onSearch={(next) => void navigate({ search: next, replace: true })}
          />
        </>
      )}
    </>
  );
}

const nameOf = ({ name, drive }: Drive) => called(name, drive);

const kindOf = ({ media }: Drive) => (media === "cdrom" ? text.cdrom : text.disk);

const sizeOf = ({ rawsize, size }: Drive) => numberOf(rawsize ?? size);

const COLUMNS: readonly Column<Drive>[] = [
  {
    id: "name",
    title: text.columns.name,
    width: "minmax(6rem, 3fr)",
    value: nameOf,
    cell: nameOf,
  },
  {
    id: "kind",
    title: text.columns.kind,
    width: "minmax(8rem, 1fr)",
    isSecondary: true,
    value: kindOf,
    cell: kindOf,
  },
  {
    id: "size",
    title: text.columns.size,
    width: "6rem",
    isNumber: true,
    isSecondary: true,
    value: sizeOf,
    cell: (image) => bytes(sizeOf(image)),
  },
  {
    id: "use",
    title: text.columns.use,
    width: "11.5rem",
    isNumber: true,
    value: () => "",
    cell: (image) => (
      <Button
        variant="default"
        size="xs"
        renderRoot={(props) => <Link to="/servers/create" search={{ image: image.drive }} {...props} />}
      >
        {text.use}
      </Button>
    ),
  },
];
