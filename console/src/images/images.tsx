/** The standard images and CDs. */
import { Button, Group, SimpleGrid, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { numberOf, textOf } from "../api/objects.ts";
import { standardQuery } from "../api/queries.ts";
import { bytes } from "../parts/amounts.ts";
import { Icon } from "../parts/icons.tsx";
import { Empty, Failure, PageHead, Panel, Waiting } from "../parts/page.tsx";
import { text } from "./text.ts";

export function Images() {
  const { data: images, error, refetch } = useQuery(standardQuery);
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
        <Empty title={text.emptyTitle} actions={upload}>
          {text.empty}
        </Empty>
      )}
      {hasSome && (
        <>
          <Text c="dimmed" mb="md">
            {text.hint}
          </Text>
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
            {images.map((image) => (
              <Panel key={image.drive} title={textOf(image.name) || image.drive}>
                <Text size="sm" c="dimmed">
                  {image.media === "cdrom" ? text.cdrom : text.disk},{" "}
                  {bytes(numberOf(image.rawsize ?? image.size))}
                </Text>
                <Group mt="md">
                  <Button
                    variant="default"
                    size="sm"
                    renderRoot={(props) => (
                      <Link to="/servers/create" search={{ image: image.drive }} {...props} />
                    )}
                  >
                    {text.use}
                  </Button>
                </Group>
              </Panel>
            ))}
          </SimpleGrid>
        </>
      )}
    </>
  );
}
