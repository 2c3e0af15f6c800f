/** What a cloud has on its machine outside of its home: found, and removed, whatever state the cloud is in. */

export type Trace = {
  /** What it is about, in words. */
  readonly what: string;
  /** What of it is there now, each in words, such as "the namespace lodge-0123abcd"; none: there is nothing. Errors: it
   *  cannot be told. */
  find(): Promise<readonly string[]>;
  /** Ends or removes what there is, as far as it goes. Errors: why some of it stays. */
  remove(): Promise<void>;
};
