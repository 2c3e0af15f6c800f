/** URLs that people name for the cloud to ask. */

/** How long one may be. */
export const MOST_URL = 2_048;

/** The URL, where it is one of http or https without credentials, which would be told wherever it is; null where it is none. */
export function plainUrl(text: string): URL | null {
  const url = text.length <= MOST_URL && URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) return null;
  return url.username === "" && url.password === "" ? url : null;
}
