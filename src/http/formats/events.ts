/** Events as they are sent to whoever follows them (HTML, Server-sent events, `text/event-stream`). */
import type { StreamEvent } from "../../api/event-stream.ts";

/** What is sent where there is nothing to tell: a comment. */
const NOTHING = ":\n\n";

export const eventTexts = (events: readonly StreamEvent[]): string =>
  events.length === 0 ? NOTHING : events.map(eventText).join("");

/** JSON has no line ends of its own. */
const eventText = ({ id, event, data }: StreamEvent): string =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(Object.fromEntries(data))}\n\n`;
