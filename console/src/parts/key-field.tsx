/** One field of a form, as the API describes its key. */
import { NativeSelect, PasswordInput, Switch, TextInput } from "@mantine/core";
import { useId } from "react";
import { capital } from "../api/errors.ts";
import type { Field } from "../api/fields.ts";
import { LinesField } from "./lines-field.tsx";
import { MomentField } from "./moment-field.tsx";
import { text } from "./text.ts";

/** Names for the objects that fields refer to, by the kind. */
export type Choices = Readonly<Record<string, readonly { readonly value: string; readonly label: string }[]>>;

export type KeyFieldProps = {
  readonly field: Field;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error: string | null;
  /** Why it cannot be changed now. */
  readonly obstacle: string | null;
  /** Of a key that nobody is answered: how many bytes it has; empty where it has none. */
  readonly kept?: string;
  /** Whether what it has is to be removed. */
  readonly isRemoved?: boolean;
  readonly choices: Choices;
  /** Whether it is one of what there is to choose, where the API takes others too. */
  readonly isChosen?: boolean;
  /** What it is called, where that is not what people call its key. */
  readonly label?: string;
};

/** Keys as people call them, where the key itself does not say it. */
const LABELS: Readonly<Record<string, string>> = {
  name: "Name",
  cpu: "CPU",
  smp: "Virtual processors",
  mem: "Memory",
  size: "Size",
  tags: "Tags",
  boot: "Boot order",
  persistent: "Keep it when it ends",
  "nic:0:dhcp": "Address",
  "nic:0:model": "Network card",
  "nic:1:vlan": "VLAN",
  "nic:1:model": "VLAN's network card",
  "nic:1:mac": "VLAN's MAC address",
  vnc: "VNC address",
  "vnc:password": "VNC password",
  "vnc:tls": "VNC over TLS",
  "ssh:keys": "SSH keys",
  "user-data": "User data",
  "claim:type": "Claimed by",
  readers: "Readers",
  "encryption:cipher": "Encryption",
  "avoid:drives": "Avoid hardware of drives",
  "avoid:servers": "Avoid hardware of servers",
  avoid: "Avoid hardware of drives",
  tier: "Kind of storage",
  email: "E-mail",
  scope: "Opens",
  expires: "Ends",
  role: "Role",
  reason: "Reason",
  network: "Network",
  gateway: "Gateway",
  nameserver: "Name servers",
  url: "URL",
  drive: "Drive",
  media: "Kind",
  events: "Events",
  credit: "Credit",
  amount: "Amount",
  reference: "Reference",
  text: "Text",
  "limit:cpu": "CPU",
  "limit:mem": "Memory",
  "limit:disk": "Room of drives",
  "limit:ip": "Static addresses",
  "limit:vlan": "VLANs",
  "limit:servers": "Servers",
  "limit:drives": "Drives",
};

/** The unit of a moment. */
const MOMENT = "seconds since the epoch";

/** Whether it is shown to nobody who only looks on. */
const isSecret = (key: string) => key.endsWith(":password");

const labelOf = (key: string) => LABELS[key] ?? key;

export function KeyField(props: KeyFieldProps) {
  const { field, value, onChange, error, obstacle, choices, label } = props;
  const { key, default: otherwise, isRequired } = field;
  const list = useId();
  const common = {
    label: label ?? labelOf(key),
    description: descriptionOf(field),
    title: obstacle ?? undefined,
    error,
    name: key,
    disabled: obstacle !== null,
    required: isRequired,
  };
  if (field.unit === MOMENT) return <MomentField {...common} value={value} onChange={onChange} />;
  if (field.severalLines) return <LinesField {...props} {...common} />;
  if (isSecret(key)) {
    return (
      <PasswordInput
        {...common}
        value={value}
        autoComplete="off"
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    );
  }
  const isSwitch = field.choices?.join() === "true,false";
  if (isSwitch) {
    return (
      <Switch
        {...common}
        checked={(value || otherwise) === "true"}
        onChange={({ currentTarget: { checked } }) => onChange(String(checked))}
      />
    );
  }
  const options = optionsOf(field, choices);
  const isClosed = options.length > 0 && (props.isChosen || !isOpen(field));
  if (isClosed) {
    return (
      <NativeSelect
        {...common}
        value={value}
        data={[{ value: "", label: unchosen(otherwise, isRequired) }, ...options]}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    );
  }
  return (
    <>
      <TextInput
        {...common}
        value={value}
        placeholder={otherwise === undefined ? "" : text.byDefault(otherwise)}
        autoComplete="off"
        {...(options.length > 0 ? { list } : {})}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
      {options.length > 0 && (
        <datalist id={list}>
          {options.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </datalist>
      )}
    </>
  );
}

/** What a choice says that was not made. */
function unchosen(otherwise: string | undefined, isRequired: boolean): string {
  if (otherwise !== undefined) return text.byDefault(otherwise);
  return isRequired ? text.unchosen : text.automatic;
}

/** Whether it may be something else than what there is to choose. */
const isOpen = ({ least, several, refers }: Field) =>
  least !== undefined || several === true || (refers !== undefined && refers !== "vlan");

function optionsOf({ choices = [], refers }: Field, known: Choices) {
  const plain = choices.map((value) => ({ value, label: value }));
  return refers === undefined ? plain : [...plain, ...(known[refers] ?? [])];
}

/** What the key means, where that is more than its name says, and in which unit it is. */
function descriptionOf({ help, unit }: Field): string {
  const isTold = help.split(" ").length < WORDS_THAT_SAY_MORE;
  const said = help
    .replace(/ ?\(default: [^)]*\)/, "")
    .replace("; in set, 0 leaves it as it is", "")
    .replace(/^true: /, "");
  const inUnit =
    unit === undefined || (!isTold && saysUnit(said, unit)) ? [] : [UNITS[unit] ?? `In ${unit}.`];
  return [...(isTold ? [] : [`${capital(said)}.`]), ...inUnit].join(" ");
}

/** That a size takes a suffix is told all the same. */
const saysUnit = (help: string, unit: string) => unit !== "bytes" && ` ${help} `.includes(` ${unit} `);

/** What is told of a unit, where that is more than its name. */
const UNITS: Readonly<Record<string, string>> = { bytes: text.sizeSuffix, [MOMENT]: text.ownTime };

const WORDS_THAT_SAY_MORE = 3;
