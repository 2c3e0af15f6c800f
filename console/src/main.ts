/**
 * The page: the kit's styles, then what draws it, then what is on it. Each script takes a browser so long to begin with that one after
 * the other, each a task of its own, hold up the page half as long as both at once; all are on their way from the first (`vite.config.ts`).
 */
import "./app/kit.ts";
import "./app/base.css";

// A browser says whose page asks (`Sec-Fetch-Site`) where it came by TLS or from the machine itself: without, no session counts.
if (window.isSecureContext) {
  await import("react-dom/client");
  await import("./app/page.tsx");
} else {
  await import("./app/in-the-clear.ts");
}
