/** A dialog over the page, which its own button and Escape close. */
import { Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { text } from "./text.ts";

type Props = {
  readonly title: ReactNode;
  readonly size?: "lg" | "xl";
  readonly onClose: () => void;
  readonly children: ReactNode;
};

export const Dialog = ({ title, size, onClose, children }: Props) => (
  <Modal
    opened
    onClose={onClose}
    title={title}
    closeButtonProps={{ "aria-label": text.cancel }}
    {...(size === undefined ? {} : { size })}
  >
    {children}
  </Modal>
);
