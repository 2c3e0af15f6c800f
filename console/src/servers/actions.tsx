/** What can be done with a server now: what cannot is there all the same, and says why. */
import { Button, Group } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { change } from "../api/client.ts";
import type { Server } from "../api/objects.ts";
import { noteChange, serversQuery } from "../api/queries.ts";
import { ActButton } from "../parts/act-button.tsx";
import { DestroyDialog } from "../parts/destroy.tsx";
import { Icon } from "../parts/icons.tsx";
import { useOpenDialog } from "../parts/open-dialog.ts";
import { tell, tellFailure } from "../parts/tell.ts";
import classes from "./actions.module.css";
import { ACTIONS, type Action, act, hintOf, isGoneBy, nameOf, obstacleTo } from "./doing.ts";
import { text } from "./text.ts";

export function ServerActions({ server }: { server: Server }) {
  const { dialog, open } = useOpenDialog();
  const { mutate, isPending, variables } = useAction(server);
  return (
    <>
      <Group gap="xs" className={classes.actions}>
        {ACTIONS.map((action) => (
          <ActButton
            key={action}
            size="sm"
            icon={action}
            label={text.actions[action]}
            hint={hintOf(action, [server])}
            isMain={action === "start"}
            obstacle={obstacleTo(action, server)}
            isPending={isPending && variables === action}
            onClick={() => mutate(action)}
          />
        ))}
        <ActButton
          isGrave
          size="sm"
          icon="destroy"
          label={text.actions.destroy}
          hint={text.hints.destroy}
          obstacle={obstacleTo("destroy", server)}
          onClick={() => open("destroy")}
        />
      </Group>
      {dialog === "destroy" && <Destroying server={server} onClose={() => open()} />}
    </>
  );
}

/** Turns on a server that is stopped, where something of it is shown that it has only while it runs. */
export function StartButton({ server }: { server: Server }) {
  const { mutate, isPending } = useAction(server);
  return (
    <Button
      size="sm"
      leftSection={<Icon name="start" size={16} />}
      loading={isPending}
      onClick={() => mutate("start")}
    >
      {text.actions.start}
    </Button>
  );
}

function useAction(server: Server) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (action: Action) => act(action, server),
    async onSuccess(_, action) {
      tell(isGoneBy(action, server) ? text.stoppedAndGone : text.done[action]);
      await noteChange(client);
    },
    async onError(error, action) {
      tellFailure(text.failed(text.actions[action]), error);
      await noteChange(client);
    },
  });
}

function Destroying({ server, onClose }: { server: Server; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const asked = { path: ["servers", server.server, "destroy"] };
  const destroy = async () => {
    await change(asked.path.join("/"));
    tell(text.destroyed);
    await navigate({ to: "/servers", replace: true });
    client.removeQueries({ queryKey: [...serversQuery.queryKey, server.server] });
    await noteChange(client);
  };
  return (
    <DestroyDialog what="server" name={nameOf(server)} destroy={destroy} asked={asked} onClose={onClose}>
      {text.destroyNote}
    </DestroyDialog>
  );
}
