/** What is shown in place of the console where it came in clear from another machine: there no session can be kept from others. */
import classes from "./in-the-clear.module.css";
import { text } from "./text.ts";

const { inTheClear: said } = text;

const element = (name: string, content: string) =>
  Object.assign(document.createElement(name), { textContent: content });

const page = element("main", "");
page.className = classes.page ?? "";
const port = location.port || "80";
page.append(
  element("h1", said.title),
  element("p", said.why),
  element("p", said.tls),
  element("p", said.tunnel),
  element("pre", `ssh -L ${port}:127.0.0.1:${port} ${location.hostname}`),
  element("p", said.local(`http://127.0.0.1:${port}/console/`)),
);
document.getElementById("root")?.replaceChildren(page);
