/** The standard images, which are there for every account, and how one is imported. */
import { Code, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type Drive, numberOf, textOf } from "../api/objects.ts";
import { standardQuery } from "../api/queries.ts";
import { bytes } from "../parts/amounts.ts";
import { Empty, Failure, Mono, PageHead, Panel, Waiting } from "../parts/page.tsx";
import { type Column, Rows } from "../parts/rows.tsx";
import { ForAdmins } from "./frame.tsx";
import { text } from "./text.ts";

const { images: said } = text;

export const CloudImages = () => (
  <ForAdmins>
    <Images />
  </ForAdmins>
);

function Images() {
  const { data: images, error, refetch } = useQuery(standardQuery);
  const search = useSearch({ from: "/cloud/images" });
  const navigate = useNavigate({ from: "/cloud/images" });
  return (
    <>
      <PageHead title={said.title} />
      <Stack gap="lg">
        {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
        {images === undefined && error === null && <Waiting />}
        {images?.length === 0 && <Empty title={said.emptyTitle}>{said.empty}</Empty>}
        {images !== undefined && images.length > 0 && (
          <div>
            <Rows
              label={said.title}
              rows={images}
              columns={COLUMNS}
              idOf={({ drive }) => drive}
              search={search}
              onSearch={(next) => void navigate({ search: next, replace: true })}
            />
          </div>
        )}
        <Panel title={said.howTitle}>
          <Text mb="sm">{said.how}</Text>
          <Code block tabIndex={0} aria-label={said.command} c="inherit" bg="var(--lodge-ground)">
            {said.commands}
          </Code>
        </Panel>
      </Stack>
    </>
  );
}

const COLUMNS: readonly Column<Drive>[] = [
  {
    id: "name",
    title: said.columns.name,
    width: "minmax(9rem, 2fr)",
    value: ({ name, drive }) => textOf(name) || drive,
    cell: ({ name, drive }) => textOf(name) || drive,
  },
  {
    id: "kind",
    title: said.columns.kind,
    width: "9rem",
    isSecondary: true,
    value: ({ media }) => (media === "cdrom" ? said.cdrom : said.disk),
    cell: ({ media }) => (media === "cdrom" ? said.cdrom : said.disk),
  },
  {
    id: "size",
    title: said.columns.size,
    width: "6rem",
    isNumber: true,
    value: ({ rawsize, size }) => numberOf(rawsize ?? size),
    cell: ({ rawsize, size }) => bytes(numberOf(rawsize ?? size)),
  },
  {
    id: "uuid",
    title: said.columns.uuid,
    width: "minmax(8rem, 2fr)",
    isSecondary: true,
    value: ({ drive }) => drive,
    cell: ({ drive }) => <Mono>{drive}</Mono>,
  },
];
