/** Looking at pictures of screens. */
import { PNG } from "pngjs";

/** A cell of VGA's text mode, in pixels. */
const CELL = { width: 9, height: 16 };
/** The sum of red, green and blue from which a pixel is lit: half of white. */
const LIT = 0x180;

/** How many cells of a screen in text mode have something bright in them. */
export function litCells(picture: Buffer): number {
  const { width, data } = PNG.sync.read(picture);
  const cells = new Set<number>();
  for (let at = 0; at < data.length; at += 4) {
    if ((data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + 2] ?? 0) < LIT) continue;
    const [x, y] = [(at / 4) % width, Math.floor(at / 4 / width)];
    cells.add(Math.floor(y / CELL.height) * width + Math.floor(x / CELL.width));
  }
  return cells.size;
}
