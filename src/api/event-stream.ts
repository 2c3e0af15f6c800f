/** Events that are told as they come about, as those see them who carry them. */
import type { Properties } from "./properties.ts";

export type StreamEvent = {
  /** Its number: whoever names it goes on behind it. */
  readonly id: number;
  readonly event: string;
  readonly data: Properties;
};

export type EventStream = {
  /**
   * What is to be told next, once there is something: nothing where that takes longer than `withinMs`, null when it is over.
   * Errors: none. One call at a time.
   */
  next(withinMs: number): Promise<readonly StreamEvent[] | null>;
  /** To be called once nobody takes it any more, whatever the reason: whoever waits is answered null. */
  end(): void;
};
