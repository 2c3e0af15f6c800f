/** What came of a run: how many tests passed, and how many failed or could not be judged. */
export type Outcome = { readonly passed: number; readonly failed: number };
