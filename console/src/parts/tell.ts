/** What is told for a moment: that something was done, or why it was not. */
import { notifications } from "@mantine/notifications";
import { sentenceOf } from "../api/errors.ts";
import { text } from "./text.ts";

const closeButtonProps = { "aria-label": text.dismiss };

export const tell = (message: string) => notifications.show({ message, closeButtonProps });

export const tellFailure = (title: string, error: unknown) =>
  notifications.show({
    title,
    message: sentenceOf(error),
    color: "red",
    role: "alert",
    autoClose: 12_000,
    closeButtonProps,
  });
