/** How much of one transfer of bytes, in or out, may be in memory at once: what moves it keeps to it, what counts takes it. */
export const WRITE_WINDOW_BYTES = 4 * 2 ** 20;
/** A read is read in pieces, of which one is on its way out while the next is read. */
export const READ_PIECE_BYTES = 2 ** 20;
