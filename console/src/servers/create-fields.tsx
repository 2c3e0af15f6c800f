/** The fields of the page that makes a server. */
import {
  NativeSelect,
  PasswordInput,
  Radio,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Switch,
  TextInput,
} from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { sentenceOf } from "../api/errors.ts";
import { called, type Drive, numberOf, textOf } from "../api/objects.ts";
import { bytes } from "../parts/amounts.ts";
import { LinesField } from "../parts/lines-field.tsx";
import { isolated } from "../parts/theirs.tsx";
import { BuildFirst } from "../systems/build.tsx";
import classes from "./create-fields.module.css";
import { type Draft, isCd, type Known } from "./create-server.ts";
import { text } from "./text.ts";

const { creating } = text;

type Props = {
  readonly draft: Draft;
  readonly change: (changed: Partial<Draft>) => void;
  readonly known: Known;
  readonly fault: string | null;
  readonly error: unknown;
};

const errorAt = ({ fault, error }: Props, key: string) => (fault === key ? sentenceOf(error) : null);

export function SystemFields(props: Props) {
  const { draft, change, known } = props;
  const images = known.standard.filter((each) => !isCd(each));
  const cds = known.standard.filter(isCd);
  const sources = { image: images, cd: cds, drive: known.drives, empty: [] }[draft.system];
  const choose = (system: string) => {
    const next = { image: images, cd: cds, drive: known.drives }[system as "image"]?.[0]?.drive ?? "";
    change({ system: system as Draft["system"], source: next });
  };
  const hasNone = images.length === 0 && cds.length === 0;
  const [hadNone] = useState(hasNone);
  useFirstImage(images[0]?.drive, props);
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label={creating.name}
          description={creating.nameHelp}
          required
          value={draft.name}
          error={errorAt(props, "name")}
          onChange={({ currentTarget }) => change({ name: currentTarget.value })}
        />
      </SimpleGrid>
      {(hasNone || hadNone) && <BuildFirst hasNone={hasNone} others={creating.noImages} />}
      <Radio.Group label={creating.system} value={draft.system} onChange={choose}>
        <SimpleGrid cols={{ base: 1, sm: 2 }} mt="xs" spacing="sm">
          <Radio
            value="image"
            label={creating.image}
            description={creating.imageHelp}
            disabled={images.length === 0}
          />
          <Radio value="drive" label={creating.drive} disabled={known.drives.length === 0} />
          <Radio value="cd" label={creating.cd} description={creating.cdHelp} disabled={cds.length === 0} />
          <Radio value="empty" label={creating.empty} description={creating.emptyHelp} />
        </SimpleGrid>
      </Radio.Group>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {draft.system !== "empty" && (
          <NativeSelect
            label={{ image: creating.image, cd: creating.cd, drive: creating.drive }[draft.system]}
            value={draft.source}
            error={errorAt(props, "source")}
            data={[
              ...(draft.source === "" ? [{ value: "", label: creating.chooseDrive }] : []),
              ...sources.map(choiceOf),
            ]}
            onChange={({ currentTarget }) => change({ source: currentTarget.value })}
          />
        )}
        {draft.system !== "drive" && (
          <TextInput
            label={creating.driveSize}
            description={creating.driveSizeHelp}
            value={draft.driveSize}
            error={errorAt(props, "size")}
            onChange={({ currentTarget }) => change({ driveSize: currentTarget.value })}
          />
        )}
      </SimpleGrid>
    </Stack>
  );
}

/** The first image of a cloud that comes while the page is open is what most wait for, where nothing else is chosen. */
function useFirstImage(first: string | undefined, { draft, change }: Props): void {
  const isAwaited = useRef(first === undefined);
  useEffect(() => {
    if (first === undefined || !isAwaited.current) return;
    isAwaited.current = false;
    if (draft.source === "") change({ system: "image", source: first });
  }, [first, draft.source, change]);
}

const choiceOf = (drive: Drive) => ({
  value: drive.drive,
  label: `${isolated(called(drive.name, drive.drive))} (${bytes(numberOf(drive.rawsize ?? drive.size))})`,
});

const SIZES = {
  small: { cpu: "1000", mem: "512" },
  medium: { cpu: "2000", mem: "1024" },
  large: { cpu: "4000", mem: "4096" },
} as const;

export function SizeFields(props: Props) {
  const { draft, change } = props;
  const known = Object.entries(SIZES).find(([, { cpu, mem }]) => cpu === draft.cpu && mem === draft.mem);
  return (
    <Stack>
      <SegmentedControl
        aria-label={creating.size}
        value={known?.[0] ?? "own"}
        onChange={(size) => size !== "own" && change(SIZES[size as keyof typeof SIZES])}
        data={Object.entries(creating.sizes).map(([value, label]) => ({ value, label }))}
        maw={440}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label={creating.cpu}
          description={creating.cpuHelp}
          inputMode="numeric"
          value={draft.cpu}
          error={errorAt(props, "cpu")}
          onChange={({ currentTarget }) => change({ cpu: currentTarget.value })}
        />
        <TextInput
          label={creating.mem}
          description={creating.memHelp}
          inputMode="numeric"
          value={draft.mem}
          error={errorAt(props, "mem")}
          onChange={({ currentTarget }) => change({ mem: currentTarget.value })}
        />
      </SimpleGrid>
    </Stack>
  );
}

export function NetworkFields(props: Props) {
  const { draft, change, known } = props;
  const resourcesOf = (kind: "ip" | "vlan") =>
    known.resources
      .filter(({ type }) => type === kind)
      .map(({ resource, name }) => ({
        value: resource,
        label:
          textOf(name) === ""
            ? resource
            : kind === "ip"
              ? `${resource} (${isolated(textOf(name))})`
              : textOf(name),
      }));
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <NativeSelect
        label={creating.address}
        value={draft.address}
        error={errorAt(props, "nic:0:dhcp")}
        data={[{ value: "auto", label: creating.automatic }, ...resourcesOf("ip")]}
        onChange={({ currentTarget }) => change({ address: currentTarget.value })}
      />
      <NativeSelect
        label={creating.vlan}
        value={draft.vlan}
        error={errorAt(props, "nic:1:vlan")}
        data={[{ value: "", label: creating.noVlan }, ...resourcesOf("vlan")]}
        onChange={({ currentTarget }) => change({ vlan: currentTarget.value })}
      />
    </SimpleGrid>
  );
}

export function AccessFields(props: Props) {
  const { draft, change } = props;
  return (
    <Stack>
      <LinesField
        label={creating.sshKeys}
        description={creating.sshKeysHelp}
        placeholder="ssh-ed25519 AAAA… you@example"
        value={draft.sshKeys}
        error={errorAt(props, "ssh:keys")}
        onChange={(sshKeys) => change({ sshKeys })}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <PasswordInput
          label={creating.password}
          description={creating.passwordHelp}
          autoComplete="off"
          value={draft.password}
          error={errorAt(props, "vnc:password")}
          onChange={({ currentTarget }) => change({ password: currentTarget.value })}
        />
        <Switch
          label={creating.persistent}
          description={creating.persistentHelp}
          checked={draft.isPersistent}
          onChange={({ currentTarget }) => change({ isPersistent: currentTarget.checked })}
          mt={{ base: 0, sm: "xl" }}
        />
      </SimpleGrid>
      <UserData {...props} />
    </Stack>
  );
}

/** Folded away, as few need it; open where it is at fault. */
function UserData(props: Props) {
  const { draft, change } = props;
  const error = errorAt(props, "user-data");
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className={classes.more}
      open={isOpen || error !== null}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>{creating.more}</summary>
      <LinesField
        label={creating.userData}
        description={creating.userDataHelp}
        placeholder="#cloud-config"
        value={draft.userData}
        error={error}
        onChange={(userData) => change({ userData })}
      />
    </details>
  );
}
