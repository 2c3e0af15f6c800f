export const text = {
  title: "Screen",
  connecting: "Connecting to the screen",
  ended: "The connection to the screen has ended.",
  again: "Connect again",
  failed: "The screen cannot be shown",
  ctrlAltDel: "Ctrl-Alt-Del",
  sendText: "Send text",
  viewOnly: "View only",
  fullScreen: "Full screen",
  picture: "Save picture",
  insecure:
    "This page came without TLS, and the browser may refuse it what a screen needs. Reach the console by https, or on the machine itself.",
  sending: {
    title: "Send text as keys",
    text: "Text",
    help: "It is typed as on a US keyboard: the guest's layout has to be that one.",
    untyped: (characters: string) => `No key types ${characters}: it is left out.`,
    delay: "Pause after each key, in ms",
    send: "Send",
    cancel: "Cancel",
  },
} as const;
