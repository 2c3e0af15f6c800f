/** What is on the page: the frame of all pages, with what they read and where they are. */
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, startTransition } from "react";
import { createRoot } from "react-dom/client";
import { openQueries } from "../api/queries.ts";
import { openRouter } from "./router.tsx";
import { cssVariables, theme } from "./theme.ts";

const queries = openQueries();
const router = openRouter(queries);

const root = document.getElementById("root");
if (root !== null) {
  const page = (
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
        <QueryClientProvider client={queries}>
          <Notifications position="bottom-right" />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>
  );
  // In pieces of a few milliseconds, between which the browser does what else there is.
  startTransition(() => createRoot(root).render(page));
}
