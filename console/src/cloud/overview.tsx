/** The whole cloud at a glance. */
import { PageHead } from "../parts/page.tsx";
import { ForAdmins } from "./frame.tsx";
import { text } from "./text.ts";

export const CloudOverview = () => (
  <ForAdmins>
    <PageHead title={text.title} />
  </ForAdmins>
);
