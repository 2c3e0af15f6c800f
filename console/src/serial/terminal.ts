/** A terminal in a box of the page: as many columns and lines as there is room for. Comes with its library when it is needed. */
import "@xterm/xterm/css/xterm.css";
import { type ITheme, Terminal } from "@xterm/xterm";

const FONT = 'ui-monospace, "Cascadia Mono", "Liberation Mono", monospace';
/** Where there is little room letters are smaller, so that lines are not all broken. */
const FONT_PX = { wide: 14, narrow: 12 } as const;
const NARROW_PX = 480;
const SCROLLBAR_PX = 14;
const LEAST = { cols: 20, rows: 5 } as const;
/** As much as the API keeps, and more that comes. */
const SCROLLBACK_LINES = 10_000;

const THEMES: Readonly<Record<"light" | "dark", ITheme>> = {
  light: {
    ...{ background: "#ffffff", foreground: "#212529", cursor: "#212529", selectionBackground: "#bac8ff" },
    ...{ black: "#212529", red: "#c92a2a", green: "#2b6b36", yellow: "#7a5200", blue: "#1c4fb0" },
    ...{ magenta: "#862e9c", cyan: "#0b6375", white: "#5c636a" },
    ...{ brightBlack: "#5c636a", brightRed: "#c92a2a", brightGreen: "#2b6b36", brightYellow: "#7a5200" },
    ...{ brightBlue: "#1c4fb0", brightMagenta: "#862e9c", brightCyan: "#0b6375", brightWhite: "#212529" },
  },
  dark: {
    ...{ background: "#101113", foreground: "#e9ecef", cursor: "#e9ecef", selectionBackground: "#364fc7" },
  },
};

export class TerminalView {
  readonly #terminal: Terminal;
  readonly #box: HTMLElement;
  readonly #observer: ResizeObserver;
  #letter: { readonly width: number; readonly height: number } | null = null;
  /** Whether what is shown was said before: what it asks of a terminal was answered then, or by nobody. */
  #isPast = true;

  /** @param onInput told what is typed, pasted and answered to the guest */
  constructor(box: HTMLElement, label: string, onInput: (text: string) => void) {
    this.#box = box;
    this.#terminal = new Terminal({
      ...{ fontFamily: FONT, scrollback: SCROLLBACK_LINES, minimumContrastRatio: 4.5 },
      fontSize: box.clientWidth < NARROW_PX ? FONT_PX.narrow : FONT_PX.wide,
      cursorBlink: false,
    });
    this.#terminal.open(box);
    this.#terminal.textarea?.setAttribute("aria-label", label);
    this.#terminal.onData((data) => {
      if (!this.#isPast) onInput(data);
    });
    this.#terminal.attachCustomKeyEventHandler((event) => !this.#isLeft(event));
    this.#observer = new ResizeObserver(() => this.#fit());
    this.#observer.observe(box);
    this.#fit();
  }

  /** Shows what was said before, in place of all that is shown. Answers once it is. */
  async showPast(bytes: Uint8Array): Promise<void> {
    this.#isPast = true;
    this.#terminal.reset();
    await new Promise<void>((resolve) => this.#terminal.write(bytes, resolve));
    this.#isPast = false;
  }

  show(bytes: Uint8Array): void {
    this.#terminal.write(bytes);
  }

  paste(text: string): void {
    this.#terminal.paste(text);
    this.#terminal.focus();
  }

  clear(): void {
    this.#terminal.clear();
    this.#terminal.focus();
  }

  get selection(): string {
    return this.#terminal.getSelection();
  }

  /** All that can be scrolled to, without what is blank at the ends of lines. */
  get text(): string {
    const { active } = this.#terminal.buffer;
    const lines: string[] = [];
    for (let row = 0; row < active.length; row++) {
      const line = active.getLine(row);
      if (line === undefined) continue;
      const words = line.translateToString(!active.getLine(row + 1)?.isWrapped);
      if (line.isWrapped) lines.push((lines.pop() ?? "") + words);
      else lines.push(words);
    }
    return `${lines.join("\n").trimEnd()}\n`;
  }

  set readerMode(isOn: boolean) {
    this.#terminal.options.screenReaderMode = isOn;
  }

  set isReadOnly(isOn: boolean) {
    this.#terminal.options.disableStdin = isOn;
  }

  set scheme(scheme: "light" | "dark") {
    this.#terminal.options.theme = THEMES[scheme];
    this.#box.style.setProperty("--lodge-terminal", THEMES[scheme].background ?? "");
  }

  dispose(): void {
    this.#observer.disconnect();
    this.#terminal.dispose();
  }

  /** Ctrl-Shift-C and -V copy and paste, and Shift-Tab leaves, so that the keyboard is not caught here. */
  #isLeft({ type, ctrlKey, shiftKey, key }: KeyboardEvent): boolean {
    if (type !== "keydown" || !shiftKey) return false;
    if (ctrlKey && key === "C") void navigator.clipboard?.writeText(this.selection);
    return key === "Tab" || (ctrlKey && (key === "C" || key === "V"));
  }

  #fit(): void {
    this.#letter ??= this.#measured();
    const letter = this.#letter;
    if (letter === null) return;
    const style = getComputedStyle(this.#box);
    const paddings = (...sizes: string[]) => sizes.reduce((sum, size) => sum + Number.parseFloat(size), 0);
    const wide = this.#box.clientWidth - paddings(style.paddingLeft, style.paddingRight) - SCROLLBAR_PX;
    const high = this.#box.clientHeight - paddings(style.paddingTop, style.paddingBottom);
    const cols = Math.max(LEAST.cols, Math.floor(wide / letter.width));
    const rows = Math.max(LEAST.rows, Math.floor(high / letter.height));
    const { cols: colsNow, rows: rowsNow } = this.#terminal;
    if (cols !== colsNow || rows !== rowsNow) this.#terminal.resize(cols, rows);
  }

  /** The size of a letter, of what was drawn first: later, what is drawn is behind its columns for a moment. */
  #measured(): { readonly width: number; readonly height: number } | null {
    const { cols, rows } = this.#terminal;
    const { width = 0, height = 0 } = this.#box.querySelector(".xterm-screen")?.getBoundingClientRect() ?? {};
    return width === 0 || height === 0 ? null : { width: width / cols, height: height / rows };
  }
}
