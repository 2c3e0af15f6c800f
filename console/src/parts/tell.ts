/** What is told for a moment: that something was done, or why it was not. */
import { notifications } from "@mantine/notifications";
import { createElement } from "react";
import { Sentence } from "./short.tsx";
import { text } from "./text.ts";

const closeButtonProps = { "aria-label": text.dismiss };

export const tell = (message: string) => notifications.show({ message, closeButtonProps });

export const tellFailure = (title: string, error: unknown) =>
  notifications.show({
    title,
    message: createElement(Sentence, { error }),
    color: "red",
    role: "alert",
    autoClose: 12_000,
    closeButtonProps,
  });
