/** A server's devices: which drives it has, and what it takes to give it another. */
import { Group, NativeSelect, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { change, type Values } from "../api/client.ts";
import { sentenceOf } from "../api/errors.ts";
import { called, type Drive, devicesOf, numberOf, type Server, textOf } from "../api/objects.ts";
import { drivesQuery, noteChange } from "../api/queries.ts";
import { driveCan, driveStateOf } from "../api/rules.ts";
import { bytes } from "../parts/amounts.ts";
import { SubmitButton, SubmitForm } from "../parts/form.tsx";
import { faultOf } from "../parts/key-form.tsx";
import { useOnce } from "../parts/once.ts";
import { Failure, Mono, Panel } from "../parts/page.tsx";
import { RequestShown } from "../parts/request.tsx";
import { RowButton } from "../parts/row-button.tsx";
import { tell } from "../parts/tell.ts";
import { isolated } from "../parts/theirs.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { text } from "./text.ts";

const DEVICES = [
  ...["ide:0:0", "ide:0:1", "ide:1:0", "ide:1:1"],
  ...Array.from({ length: 8 }, (_, index) => `block:${index}`),
  ...Array.from({ length: 8 }, (_, index) => `scsi:0:${index}`),
];

export function Devices({ server }: { server: Server }) {
  const { data: drives = [] } = useQuery(drivesQuery);
  const obstacle = server.status === "stopped" ? null : text.devices.change;
  return (
    <Stack>
      <Panel title={text.attached}>
        <DeviceTable server={server} drives={drives} obstacle={obstacle} />
      </Panel>
      <Panel title={text.devices.add}>
        <ConnectForm server={server} drives={drives} obstacle={obstacle} />
      </Panel>
    </Stack>
  );
}

type Known = {
  readonly server: Server;
  readonly drives: readonly Drive[];
  /** Why no drive can be connected or disconnected now; null: they can. */
  readonly obstacle: string | null;
};

function DeviceTable({ server, drives, obstacle }: Known) {
  const disconnect = async (device: string) => {
    await change(`servers/${server.server}/set`, { [device]: null, [`${device}:media`]: null });
    tell(text.devices.disconnected);
  };
  const devices = devicesOf(server);
  if (devices.length === 0) return <Text c="dimmed">{text.devices.none}</Text>;
  return (
    <WideTable label={text.attached} minWidth={300}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{text.devices.device}</Table.Th>
          <Table.Th>{text.devices.drive}</Table.Th>
          <Table.Th data-secondary>{text.devices.media}</Table.Th>
          <Table.Th data-secondary>{text.devices.io}</Table.Th>
          <Table.Td />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {devices.map(({ device, drive, media }) => (
          <Table.Tr key={device}>
            <Table.Td miw="5.5rem">
              <Mono>{device}</Mono>
            </Table.Td>
            <Table.Td>
              <Link to="/drives/$uuid" params={{ uuid: drive }}>
                {nameOf(drives, drive)}
              </Link>
            </Table.Td>
            <Table.Td data-secondary>{media === "cdrom" ? text.devices.cdrom : text.devices.disk}</Table.Td>
            <Table.Td data-secondary>{ioOf(server, device)}</Table.Td>
            <Table.Td ta="right">
              <RowButton
                label={text.devices.disconnect}
                obstacle={obstacle}
                act={() => disconnect(device)}
                failed={text.failed(text.devices.disconnect)}
              />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

const nameOf = (drives: readonly Drive[], uuid: string) =>
  textOf(drives.find(({ drive }) => drive === uuid)?.name) || uuid;

const ioOf = (server: Server, device: string) =>
  `${bytes(numberOf(server[`${device}:read:bytes`]))} / ${bytes(numberOf(server[`${device}:write:bytes`]))}`;

function ConnectForm({ server, drives, obstacle }: Known) {
  const client = useQueryClient();
  const used = new Set(devicesOf(server).map(({ device }) => device));
  const free = DEVICES.filter((device) => !used.has(device));
  const [device, setDevice] = useState(free[0] ?? "");
  const [drive, setDrive] = useState("");
  const [media, setMedia] = useState("disk");
  const values = valuesOf(server, { device, drive, media });
  const { mutate, error, isPending } = useOnce({
    mutationFn: () => change(`servers/${server.server}/set`, values),
    async onSuccess() {
      tell(text.devices.connected);
      setDrive("");
      await noteChange(client);
    },
  });
  const unsent = obstacle ?? (drive === "" ? text.devices.chooseFirst : null);
  const submit = () => {
    if (unsent === null) mutate();
  };
  const fault = faultOf(error, [device]);
  return (
    <SubmitForm error={error} isChecked onSubmit={submit}>
      <Stack>
        {error !== null && fault === null && <Failure error={error} />}
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <NativeSelect
            label={text.devices.drive}
            value={drive}
            error={fault === null ? null : sentenceOf(error)}
            data={[{ value: "", label: text.devices.choose }, ...connectable(server, drives, media)]}
            onChange={({ currentTarget }) => setDrive(currentTarget.value)}
          />
          <NativeSelect
            label={text.devices.device}
            value={device}
            data={free}
            onChange={({ currentTarget }) => setDevice(currentTarget.value)}
          />
          <NativeSelect
            label={text.devices.media}
            value={media}
            data={[
              { value: "disk", label: text.devices.disk },
              { value: "cdrom", label: text.devices.cdrom },
            ]}
            onChange={({ currentTarget }) => setMedia(currentTarget.value)}
          />
        </SimpleGrid>
        <Group>
          <SubmitButton isPending={isPending} obstacle={unsent}>
            {text.devices.connect}
          </SubmitButton>
        </Group>
        <RequestShown path={["servers", server.server, "set"]} values={values} />
      </Stack>
    </SubmitForm>
  );
}

type Connection = { readonly device: string; readonly drive: string; readonly media: string };

/** The first drive of a server is what it boots. */
function valuesOf(server: Server, { device, drive, media }: Connection): Values {
  return {
    [device]: drive,
    ...(media === "disk" ? {} : { [`${device}:media`]: media }),
    ...(textOf(server.boot) === "" ? { boot: device } : {}),
  };
}

/** Drives with why they cannot be had, where that is so. */
function connectable({ server }: Server, drives: readonly Drive[], media: string) {
  const uuids = new Set(drives.map(({ drive }) => drive));
  return drives.map((drive) => {
    const state = driveStateOf(drive as Parameters<typeof driveStateOf>[0], (uuid) => uuids.has(uuid));
    const reason = driveCan.attach(state, server, media === "cdrom" ? "cdrom" : "disk");
    const label = `${isolated(called(drive.name, drive.drive))} (${bytes(numberOf(drive.size))})`;
    return { value: drive.drive, label, disabled: reason !== null };
  });
}
