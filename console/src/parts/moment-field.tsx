/** A field of a moment: people choose one of their own time zone, and the key's value is seconds since the epoch. */
import { TextInput, type TextInputProps } from "@mantine/core";
import { localOf, secondsOf } from "./moment.ts";

type Props = Omit<TextInputProps, "type" | "value" | "onChange"> & {
  /** In seconds since the epoch; empty: none. */
  readonly value: string;
  readonly onChange: (value: string) => void;
};

export const MomentField = ({ value, onChange, ...props }: Props) => (
  <TextInput
    {...props}
    type="datetime-local"
    value={localOf(value)}
    onChange={({ currentTarget }) => onChange(secondsOf(currentTarget.value))}
  />
);
