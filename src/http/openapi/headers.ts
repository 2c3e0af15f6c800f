/** Headers that go with commands of all nouns. */

/** In every answer. */
export const REQUEST_ID = {
  "X-Request-Id": {
    description:
      "names the request in the cloud's log: the one that the caller sent, where it is 1 to 128 letters, digits and -_.:+/=, else one made for it",
    required: true,
    schema: { type: "string" },
  },
};

/** As parameters of requests. */
export const CONTENT_ENCODING = {
  name: "Content-Encoding",
  in: "header",
  description: "gzip for bytes that come compressed; Transfer-Encoding: chunked is not taken",
  schema: { type: "string", enum: ["gzip"] },
};

export const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  description: "the caller's own name for this creation, 1 to 255 visible ASCII characters",
  schema: { type: "string", pattern: "^[!-~]{1,255}$" },
};

export const LAST_EVENT_ID = {
  name: "Last-Event-ID",
  in: "header",
  description: "the id of the event that was taken last, behind which it goes on",
  schema: { type: "string", pattern: "^\\d{1,15}$" },
};
