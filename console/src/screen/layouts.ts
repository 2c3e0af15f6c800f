/**
 * Layouts of keyboards: what each key types, by its place (UI Events KeyboardEvent code Values): plain, with Shift, with AltGr, as
 * Linux has them (xkeyboard-config `us`, `gb`, `de`, `fr`). A space stands for nothing.
 */
export type Layout = {
  readonly name: string;
  readonly keys: Readonly<Record<string, string>>;
  /** Characters whose keys wait for the next one. */
  readonly dead: string;
};

const LETTERS = Object.fromEntries(
  Array.from("abcdefghijklmnopqrstuvwxyz", (letter) => {
    const capital = letter.toUpperCase();
    return [`Key${capital}`, letter + capital];
  }),
);

const US = {
  ...LETTERS,
  ...{ Backquote: "`~", Digit1: "1!", Digit2: "2@", Digit3: "3#", Digit4: "4$", Digit5: "5%", Digit6: "6^" },
  ...{ Digit7: "7&", Digit8: "8*", Digit9: "9(", Digit0: "0)", Minus: "-_", Equal: "=+" },
  ...{ BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:", Quote: "'\"" },
  ...{ Comma: ",<", Period: ".>", Slash: "/?" },
};

const UK = {
  ...US,
  ...{ Backquote: "`¬¦", Digit2: '2"', Digit3: "3£", Digit4: "4$€", Quote: "'@", Backslash: "#~" },
  IntlBackslash: "\\|",
};

const DE = {
  ...LETTERS,
  ...{
    Backquote: "^°",
    Digit1: "1!",
    Digit2: '2"²',
    Digit3: "3§³",
    Digit4: "4$",
    Digit5: "5%",
    Digit6: "6&",
  },
  ...{ Digit7: "7/{", Digit8: "8([", Digit9: "9)]", Digit0: "0=}", Minus: "ß?\\", Equal: "´`" },
  ...{
    KeyQ: "qQ@",
    KeyE: "eE€",
    KeyY: "zZ",
    KeyZ: "yY",
    KeyM: "mMµ",
    BracketLeft: "üÜ",
    BracketRight: "+*~",
  },
  ...{ Semicolon: "öÖ", Quote: "äÄ", Backslash: "#'", IntlBackslash: "<>|" },
  ...{ Comma: ",;", Period: ".:", Slash: "-_" },
};

const FR = {
  ...LETTERS,
  // Before those that have one of its characters, too: letters are made with it.
  BracketLeft: "^¨",
  ...{
    Backquote: "² ",
    Digit1: "&1",
    Digit2: "é2~",
    Digit3: '"3#',
    Digit4: "'4{",
    Digit5: "(5[",
    Digit6: "-6|",
  },
  ...{ Digit7: "è7`", Digit8: "_8\\", Digit9: "ç9^", Digit0: "à0@", Minus: ")°]", Equal: "=+}" },
  ...{ KeyQ: "aA", KeyW: "zZ", KeyE: "eE€", KeyA: "qQ", KeyZ: "wW", KeyM: ",?" },
  ...{ BracketRight: "$£¤", Semicolon: "mM", Quote: "ù%", Backslash: "*µ", IntlBackslash: "<>" },
  ...{ Comma: ";.", Period: ":/", Slash: "!§" },
};

export const LAYOUTS = {
  us: { name: "US", keys: US, dead: "" },
  uk: { name: "United Kingdom", keys: UK, dead: "" },
  de: { name: "German", keys: DE, dead: "^´`" },
  fr: { name: "French", keys: FR, dead: "^¨" },
} as const satisfies Readonly<Record<string, Layout>>;

export type LayoutName = keyof typeof LAYOUTS;

export const isLayout = (name: string | null): name is LayoutName => name !== null && name in LAYOUTS;
