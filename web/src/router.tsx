/**
 * Where each page is. What a page shows is in its address: parameters and the query, so every page
 * can be shared, reloaded and gone back to.
 */
import type { QueryClient } from "@tanstack/react-query";
import {
  type SearchSchemaInput,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";

import { Failed } from "./layout/Failed";
import { Frame } from "./layout/Frame";
import { NotFound } from "./layout/NotFound";
import { SessionGate } from "./session/SessionGate";

/** What an address may say behind its `?`: texts; each page checks its own. */
export type PageSearch = Record<string, string | undefined>;

function textsOf(search: Record<string, unknown> & SearchSchemaInput): PageSearch {
  const texts = Object.entries(search).filter(([, value]) =>
    ["string", "number"].includes(typeof value),
  );
  return Object.fromEntries(texts.map(([name, value]) => [name, String(value)]));
}

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  validateSearch: textsOf,
  notFoundComponent: NotFound,
  errorComponent: Failed,
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  component: lazyRouteComponent(() => import("./pages/LoginPage"), "LoginPage"),
});
const register = createRoute({
  getParentRoute: () => root,
  path: "/register",
  component: lazyRouteComponent(() => import("./pages/RegisterPage"), "RegisterPage"),
});

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: () => (
    <SessionGate>
      <Frame />
    </SessionGate>
  ),
});

const pages = [
  createRoute({
    getParentRoute: () => inside,
    path: "/",
    component: lazyRouteComponent(() => import("./pages/WelcomePage"), "WelcomePage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/reserve",
    component: lazyRouteComponent(() => import("./pages/ReservePage"), "ReservePage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/reservations",
    component: lazyRouteComponent(() => import("./pages/ReservationsPage"), "ReservationsPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/reservations/$id",
    component: lazyRouteComponent(() => import("./pages/NegotiationPage"), "NegotiationPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/reservations/$id/history",
    component: lazyRouteComponent(() => import("./pages/HistoryPage"), "HistoryPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/instances",
    component: lazyRouteComponent(() => import("./pages/InstancesPage"), "InstancesPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/pool",
    component: lazyRouteComponent(() => import("./pages/PoolPage"), "PoolPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/statistics",
    component: lazyRouteComponent(() => import("./pages/StatisticsPage"), "StatisticsPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/account",
    component: lazyRouteComponent(() => import("./pages/AccountPage"), "AccountPage"),
  }),
] as const;

const tree = root.addChildren([login, register, inside.addChildren(pages)]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: "intent",
    // A page that fails leaves the frame around it.
    defaultErrorComponent: Failed,
    scrollRestoration: true,
    // Queries are texts: `?type=LARGE`, not `?type="LARGE"`.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const texts = Object.entries(search).filter(
        ([, value]) => value !== undefined && value !== "",
      );
      const query = new URLSearchParams(texts.map(([name, value]) => [name, String(value)]));
      return texts.length === 0 ? "" : `?${query.toString()}`;
    },
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
