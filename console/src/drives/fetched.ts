/** Having the cloud fill a drive from a URL. */
import { change } from "../api/client.ts";
import { ApiError } from "../api/errors.ts";
import type { Drive } from "../api/objects.ts";

export type Source = { readonly url: string; readonly sha256: string };
export const NONE: Source = { url: "", sha256: "" };

export const valuesOf = ({ url, sha256 }: Source) => ({
  url: url.trim(),
  ...(sha256.trim() === "" ? {} : { sha256: sha256.trim() }),
});

/** Makes the drive and has it filled; answers its uuid. Where that is refused, no drive is left of it. */
export async function fetched(
  wanted: { readonly name: string; readonly size: string },
  source: Source,
): Promise<string> {
  const { drive } = await change<Drive>("drives/create", wanted);
  try {
    await change(`drives/${drive}/fetch`, valuesOf(source));
  } catch (error) {
    if (error instanceof ApiError) await change(`drives/${drive}/destroy`).catch(() => {});
    throw error;
  }
  return drive;
}
