/**
 * Words that somebody wrote, such as a name or a reason, amid ours. They may be of another direction, or turn what follows them
 * around (U+202E): apart, they do so to themselves alone. Links, which are names for the most part, are apart by their style.
 */
import type { ReactNode } from "react";

export const Theirs = ({ children }: { children: ReactNode }) => <bdi>{children}</bdi>;

type SentenceProps = {
  readonly says: (theirs: string) => string;
  readonly theirs: string;
  /** Whether they are to be typed as they are. */
  readonly isToType?: true;
};

/** No sentence of ours and no name has this character in it. */
const PLACE = "\uffff";

/** A sentence of ours that has words of theirs in it. */
export function SentenceWith({ says, theirs, isToType }: SentenceProps) {
  const [before, after = ""] = says(PLACE).split(PLACE);
  return (
    <>
      {before}
      <Theirs>{isToType ? <strong>{theirs}</strong> : theirs}</Theirs>
      {after}
    </>
  );
}

/** The same where there is room for a text alone, by characters of no width (UAX #9: FSI and PDI). Plain words need none. */
export const isolated = (theirs: string) => (/[^ -~]/.test(theirs) ? `\u2068${theirs}\u2069` : theirs);
