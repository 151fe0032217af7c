/**
 * What the API says, by the names that the pages use; generated from its description (`npm run types`).
 *
 * Times are RFC 1123 or RFC 3339 strings, money is a decimal string in credits, durations are
 * milliseconds.
 */
import type * as api from "./schema";

export type {
  Account,
  AccountEntry,
  Agreed,
  ApiToken,
  Asking,
  Availability,
  AvailabilityByNode,
  AvailabilityStep,
  Booking,
  Change,
  Clock,
  Demand,
  DemandStep,
  DemandTally,
  Difference,
  Explanation,
  HistoryEntry,
  Instance,
  InstanceType,
  NegotiationAnswer,
  NewApiToken,
  Node,
  NodeAvailability,
  Offer,
  OffersFound,
  PerVcpuHour,
  PowerState,
  Prices,
  PriceStep,
  Quote,
  Reason,
  RefundQuote,
  Reply,
  Reservation,
  ReservationStatus,
  Resources,
  Role,
  Sender,
  Session,
  Site,
  StreamEvent,
  Template,
  User,
  Utilisation,
  UtilisationSeries,
  UtilisationStep,
} from "./schema";

/** What is asked: the paper's Figure 7 and ours. */
export type Proposal = api.NewProposal;
/** Terms as they come back; bare but for the ids while nothing was proposed. */
export type ProposalOut = api.Proposal;
/** Exact whole numbers, as text because they may be larger than a number holds exactly. */
export type BookedUsed = api.UtilisationAmount;
/** How many proposals of what size. */
export type Tally = api.DemandTally;
/** A node in the way. */
export type BindingNode = api.NodeShortage;
/** Optional instances. */
export type Options = api.OptionalInstances;
/** How many instances are on which node. */
export type Placed = api.PlacementPart;

/** What the user says. */
export type Message =
  | { reply: "ACCEPT"; offer?: number }
  | { reply: "COUNTER"; proposal: Proposal }
  | { reply: "CONFIRM" }
  | { reply: "REJECT" };

/** Every status, in the order in which a reservation may pass through them. */
export const RESERVATION_STATUSES = [
  "INITIATED",
  "COUNTERED",
  "ACCEPTED",
  "CONFIRM_REQUESTED",
  "CONFIRMED",
  "ACTIVATED",
  "REJECTED",
  "WITHDRAWN",
  "LAPSED",
  "CANCELLED",
  "EXPIRED",
] as const satisfies readonly api.ReservationStatus[];

/** Every power state. */
export const POWER_STATES = [
  "HALTED",
  "RUNNING",
  "PAUSED",
  "SUSPENDED",
  "UNKNOWN",
] as const satisfies readonly api.PowerState[];
