/**
 * Every call that the portal makes, one function each. Pages know these and no path.
 */
import {
  type ListPage,
  type Query,
  del,
  get,
  getAll,
  getPage,
  getWhole,
  post,
  put,
  urlOf,
} from "./client";
import type {
  Account,
  AccountEntry,
  ApiToken,
  Availability,
  AvailabilityByNode,
  Booking,
  Clock,
  Demand,
  Explanation,
  HistoryEntry,
  Instance,
  InstanceType,
  Message,
  NegotiationAnswer,
  NewApiToken,
  Node,
  NodeAvailability,
  OffersFound,
  Prices,
  Proposal,
  RefundQuote,
  Reservation,
  Role,
  Session,
  Site,
  Template,
  User,
  Utilisation,
} from "./types";

type Signal = AbortSignal | undefined;

export const readSite = (signal?: Signal) => get<Site>("/site", {}, signal);
export const readClock = (signal?: Signal) => get<Clock>("/clock", {}, signal);

export const readSession = (signal?: Signal) => get<Session>("/session", {}, signal);
export const logIn = (username: string, password: string) =>
  post<Session>("/session", { body: { username, password } });
export const logOut = () => del<undefined>("/session");
export const register = (username: string, password: string, intent: string) =>
  post<{ userid: number; username: string }>("/users", { body: { username, password }, intent });

export const readAccount = (signal?: Signal) => get<Account>("/account", {}, signal);
export const listEntries = (query: Query, signal?: Signal) =>
  getPage<AccountEntry>("/account/entries", query, signal);
export const changePassword = (current: string, next: string) =>
  put<undefined>("/account/password", { body: { current, new: next } });
export const changeSettings = (settings: { zone: string | null }) =>
  put<Account>("/account/settings", { body: settings });
export const listTokens = (signal?: Signal) => get<ApiToken[]>("/tokens", {}, signal);
export const makeToken = (name: string, expiresAt: string | undefined) =>
  post<NewApiToken>("/tokens", { body: expiresAt === undefined ? { name } : { name, expiresAt } });
export const endToken = (id: string) => del<undefined>(`/tokens/${id}`);

export const listUsers = (query: Query, signal?: Signal) => getPage<User>("/users", query, signal);
export const makeUser = (username: string, password: string, role: Role, intent: string) =>
  post<{ userid: number; username: string }>("/users", {
    body: { username, password, role },
    intent,
  });
export const grantCredits = (userid: number, amount: string, note: string, intent: string) =>
  post<Account>(`/users/${userid}/grants`, { body: { amount, note }, intent });

export const listTypes = (signal?: Signal) => get<InstanceType[]>("/types", {}, signal);
export const listTemplates = (signal?: Signal) => get<Template[]>("/templates", {}, signal);
export const listNodes = (signal?: Signal) => get<Node[]>("/nodes", {}, signal);

export const listReservations = (query: Query, signal?: Signal): Promise<ListPage<Reservation>> =>
  getPage<Reservation>("/reservations", query, signal);
export const listAllReservations = (query: Query, limit: number, signal?: Signal) =>
  getAll<Reservation>("/reservations", { limit: 200, ...query }, limit, signal);
export const readReservation = (id: string, asOf?: string | number, signal?: Signal) =>
  get<Reservation>(`/reservations/${id}`, { as_of: asOf }, signal);
/** With the entity tag that `negotiate` can be held to. */
export const readTaggedReservation = (id: string, signal?: Signal) =>
  getWhole<Reservation>(`/reservations/${id}`, {}, signal);
export const propose = (proposal: Proposal, intent: string) =>
  post<NegotiationAnswer>("/reservations", { body: proposal, intent });
export const tryProposal = (proposal: Proposal, signal?: Signal) =>
  post<NegotiationAnswer>("/reservations?dryRun=true", { body: proposal, signal });
export const negotiate = (id: string, message: Message, intent: string, ifMatch?: string) =>
  put<NegotiationAnswer>(`/reservations/${id}`, { body: message, intent, ifMatch });
export const tryCounter = (id: string, proposal: Proposal, signal?: Signal) =>
  put<NegotiationAnswer>(`/reservations/${id}?dryRun=true`, {
    body: { reply: "COUNTER", proposal },
    signal,
  });
export const activateReservation = (id: string, intent: string) =>
  put<NegotiationAnswer>(`/reservations/${id}/activate`, { intent });
export const cancelReservation = (id: string, intent?: string, ifMatch?: string) =>
  del<NegotiationAnswer>(`/reservations/${id}`, { intent, ifMatch });
export const changeOptions = (
  id: string,
  change: { claim: number } | { drop: number },
  intent: string,
) => put<NegotiationAnswer>(`/reservations/${id}/options`, { body: change, intent });
export const readRefund = (id: string, signal?: Signal) =>
  get<RefundQuote>(`/reservations/${id}/refund`, {}, signal);
export const readHistory = (id: string, signal?: Signal) =>
  get<HistoryEntry[]>(`/reservations/${id}/history`, {}, signal);
/** Where a reservation's history is, for a link that saves it as it comes. */
export const historyUrl = (id: string) => urlOf(`/reservations/${id}/history`);
export const readExplanation = (id: string, signal?: Signal) =>
  get<Explanation>(`/reservations/${id}/explain`, {}, signal);

export const listInstances = (query: Query, signal?: Signal): Promise<ListPage<Instance>> =>
  getPage<Instance>("/instances", query, signal);
export const listAllInstances = (query: Query, limit: number, signal?: Signal) =>
  getAll<Instance>("/instances", { limit: 200, ...query }, limit, signal);
export type InstanceControl = "stop" | "start" | "reboot" | "revive";
export const controlInstance = (id: string, control: InstanceControl, intent: string) =>
  put<Instance>(`/instances/${id}/${control}`, { intent });
export const deleteInstance = (id: string) => del<Instance>(`/instances/${id}`);

export const readAvailability = (query: Query, signal?: Signal) =>
  get<Availability>("/availability", query, signal);
export const readAvailabilityByNode = (query: Query, signal?: Signal) =>
  get<AvailabilityByNode>("/availability", { by: "node", ...query }, signal);
/** The nodes of all parts, at most about `nodesMax`. */
export async function readAvailabilityOfNodes(query: Query, nodesMax: number, signal?: Signal) {
  const nodes: NodeAvailability[] = [];
  let cursor: string | undefined;
  do {
    const asked: Query = { by: "node", ...query, cursor };
    const part = await getWhole<AvailabilityByNode>("/availability", asked, signal);
    nodes.push(...part.answer.nodes);
    cursor = part.next ?? undefined;
  } while (cursor !== undefined && nodes.length < nodesMax);
  return nodes;
}
export const listBookings = (query: Query, limit: number, signal?: Signal) =>
  getAll<Booking>("/bookings", { limit: 1000, ...query }, limit, signal);
export const findOffers = (query: Query, signal?: Signal) =>
  get<OffersFound>("/offers", query, signal);

/** What operators and auditors ask of everybody's reservations over time. */
export const readUtilisation = (query: Query, signal?: Signal) =>
  get<Utilisation>("/statistics/utilisation", query, signal);
export const readDemand = (query: Query, signal?: Signal) =>
  get<Demand>("/statistics/demand", query, signal);
export const readPrices = (query: Query, signal?: Signal) =>
  get<Prices>("/statistics/prices", query, signal);
