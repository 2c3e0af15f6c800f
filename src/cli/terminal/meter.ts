/**
 * What a transfer shows: the specification's line with a dot for each chunk and, on a terminal, a line below it with
 * how far it has come, how fast, and how long it will take.
 */

/** A place to write, as `process.stdout` is. */
export type Screen = {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

export type Meter = {
  /** Begins a line of dots. */
  begin(line: string, totalBytes: number): void;
  /** A chunk is done. */
  advance(chunkBytes: number): void;
  /** Ends the line of dots with a word, or without when it did not come to its end. */
  end(word?: string): void;
};

/** A meter that writes the line of dots to `output`, and the line for terminals to `messages`. */
export function meter(output: Screen, messages: Screen, now: () => number = () => performance.now()): Meter {
  let [total, done, column, startedMs] = [0, 0, 0, 0];
  const write = (text: string) => {
    output.write(text);
    column += text.length;
  };
  const show = () => {
    if (messages.isTTY)
      messages.write(below(describe(done, total, now() - startedMs), column, output, messages));
  };
  const wipe = () => {
    if (messages.isTTY) messages.write(output.isTTY ? "\x1b[J" : "\r\x1b[K");
  };
  return {
    begin(line, totalBytes) {
      [total, done, column, startedMs] = [totalBytes, 0, 0, now()];
      write(line);
      show();
    },
    advance(chunkBytes) {
      done += chunkBytes;
      wipe();
      write(".");
      show();
    },
    end(word) {
      wipe();
      write(word === undefined ? "\n" : ` ${word}\n`);
    },
  };
}

/** `text` for the line below the dots, with the cursor brought back behind them. */
function below(text: string, column: number, output: Screen, messages: Screen): string {
  if (!output.isTTY) return `\r${text}\x1b[K`;
  // Some terminals claim to have no columns at all.
  const at = column % (messages.columns || 80);
  // A full line has its cursor between two lines: nothing is shown there, until the next dot.
  return at === 0 ? "" : `\n\r${text}\x1b[A\x1b[${at + 1}G`;
}

/** How far a transfer is: `42%, 12.3 MB/s, 0:34 left`. What was there before it began, `beforeBytes`, took no time. */
export function describe(doneBytes: number, totalBytes: number, elapsedMs: number, beforeBytes = 0): string {
  const percent = totalBytes === 0 ? 100 : Math.floor((100 * doneBytes) / totalBytes);
  if (doneBytes <= beforeBytes || elapsedMs <= 0) return `${percent}%`;
  const bytesPerSecond = (1000 * (doneBytes - beforeBytes)) / elapsedMs;
  const left = Math.ceil((totalBytes - doneBytes) / bytesPerSecond);
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  return `${percent}%, ${(bytesPerSecond / 1e6).toFixed(1)} MB/s, ${clock} left`;
}
