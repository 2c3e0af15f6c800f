/**
 * In whose place this tab asks (`X-Elastic-User`): an admin's choice, which holds until they stop it or the tab is closed, and in no
 * other tab. What a tab knows is of one account, so the page begins anew whenever that changes.
 */
const KEPT_AS = "lodge.acting";
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The account that is acted for, null where everybody is themselves. */
export function actingFor(): string | null {
  const kept = sessionStorage.getItem(KEPT_AS);
  return kept !== null && UUID.test(kept) ? kept : null;
}

/** What every request of this tab bears; a stream of events can bear nothing, so there is none meanwhile. */
export function actingHeaders(): Readonly<Record<string, string>> {
  const user = actingFor();
  return user === null ? {} : headersFor(user);
}

/** What one request bears that is about that account's own. */
export const headersFor = (user: string) => ({ "X-Elastic-User": user });

export function actFor(user: string): void {
  sessionStorage.setItem(KEPT_AS, user);
  location.assign("/console/");
}

/** Leads back to the account that was acted for. */
export function stopActing(): void {
  const user = actingFor();
  forgetActing();
  location.assign(user === null ? "/console/" : `/console/cloud/accounts/${user}`);
}

/** Whoever logs in now is somebody else. */
export const forgetActing = () => sessionStorage.removeItem(KEPT_AS);
