/**
 * What is said to a guest: a piece at a time, of each who says something in turn. A guest that reads nothing has all of them wait;
 * what is waiting for it then is one piece, and one of each who is there.
 */

/** Hands a piece to the guest; calls `done` once it is under way, or there is nobody whom it could reach. */
type Write = (piece: Buffer, done: () => void) => void;

type Waiting = { readonly piece: Buffer; readonly taken: () => void };

export class Input {
  readonly #write: Write;
  readonly #waiting = new Map<object, Waiting>();
  #isBusy = false;

  constructor(write: Write) {
    this.#write = write;
  }

  /** Says the piece as soon as it is their turn, and calls `taken` then. To be called once at a time for each of them. */
  say(who: object, piece: Buffer, taken: () => void): void {
    this.#waiting.set(who, { piece, taken });
    this.#next();
  }

  /** They have gone, and with them what they had to say. */
  forget(who: object): void {
    this.#waiting.delete(who);
  }

  #next(): void {
    const [first] = this.#waiting;
    if (this.#isBusy || first === undefined) return;
    const [who, { piece, taken }] = first;
    this.#waiting.delete(who);
    this.#isBusy = true;
    this.#write(piece, () => {
      this.#isBusy = false;
      taken();
      this.#next();
    });
  }
}
