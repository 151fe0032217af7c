import "@patternfly/react-core/dist/styles/base.css";
import "./portal.css";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { whenUnauthorized } from "./api/client";
import { asApiError } from "./api/problem";
import { makeRouter } from "./router";
import { SESSION } from "./session/session";
import { applyTheme, storedTheme } from "./theme/theme";
import { ZoneProvider } from "./time/ZoneProvider";

/** How often a read is tried again that was not answered; a refusal is final. */
const RETRIES = 3;

applyTheme(storedTheme());
const client = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => {
        const { status } = asApiError(error);
        return failures < RETRIES && (status === 0 || status === 503);
      },
      retryDelay: (failures) => Math.min(250 * 2 ** failures, 2000),
      // The event stream says what is stale.
      refetchOnWindowFocus: false,
      staleTime: 30_000,
    },
  },
});
whenUnauthorized(() => {
  if (client.getQueryData(SESSION.queryKey)) client.setQueryData(SESSION.queryKey, null);
});
const router = makeRouter(client);
const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <ZoneProvider>
        <RouterProvider router={router} />
      </ZoneProvider>
    </QueryClientProvider>
  </StrictMode>,
);
