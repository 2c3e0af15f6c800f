/** A new, empty drive, by all of its keys. */
import { Link, useNavigate } from "@tanstack/react-router";
import type { Drive } from "../api/objects.ts";
import { sizeIn } from "../money/cost.ts";
import { Cost } from "../money/cost.tsx";
import { CreateForm } from "../parts/create-form.tsx";
import { PageHead, Panel } from "../parts/page.tsx";
import { text } from "./text.ts";

export function CreateDrive() {
  const navigate = useNavigate();
  return (
    <>
      <PageHead title={text.creating.title} above={<Link to="/drives">← {text.title}</Link>} />
      <Panel>
        <CreateForm<Drive>
          schema="DriveCreate"
          path={["drives", "create"]}
          hint={text.creating.hint}
          submit={text.creating.submit}
          made={text.creating.made}
          note={({ size = "" }) => <Cost amounts={costOfDrive(size)} />}
          onMade={({ drive }) => navigate({ to: "/drives/$uuid", params: { uuid: drive } })}
        />
      </Panel>
    </>
  );
}

const costOfDrive = (size: string) => {
  const disk = sizeIn(size);
  return disk === null ? null : { disk };
};
