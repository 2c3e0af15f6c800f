/** What was gone to last, on this browser: ids alone, of which only those are shown that whoever is logged in has. */
const KEPT_AS = "lodge-recent";
const MOST_KEPT = 6;

export function recentIds(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT_AS) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string").slice(0, MOST_KEPT) : [];
  } catch {
    return [];
  }
}

export function noteRecent(id: string): void {
  const kept = [id, ...recentIds().filter((other) => other !== id)].slice(0, MOST_KEPT);
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing has nothing recent.
  }
}
