/**
 * What the API says, by the names that the pages use.
 *
 * Times are RFC 1123 or RFC 3339 strings, money is a decimal string in credits, durations are
 * milliseconds.
 */

export type Role = "user" | "operator" | "auditor";

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
] as const;
export type ReservationStatus = (typeof RESERVATION_STATUSES)[number];

export const POWER_STATES = ["HALTED", "RUNNING", "PAUSED", "SUSPENDED", "UNKNOWN"] as const;
export type PowerState = (typeof POWER_STATES)[number];

export interface Site {
  name: string;
  zone: string;
  registrationOpen: boolean;
  testClock: boolean;
  version: string;
  limits: {
    instancesMax: number;
    durationMinMs: number;
    durationMaxMs: number;
    horizonMs: number;
    roundsMax: number;
    alternativesMax: number;
    passwordBytesMin: number;
    passwordBytesMax: number;
    usernameCharsMax: number;
  };
  bargaining: { policy: "take-it-or-leave-it" | "concession" };
  pricing: { policy: "flat" | "utilisation" | "lead-time" | "calendar" };
  claimRiskPercent: number;
}

export interface Session {
  userid: number;
  username: string;
  role: Role;
  zone: string | null;
  expiresAt: string | null;
}

export interface Clock {
  now: string;
  testClock: boolean;
}

export interface Account {
  userid: number;
  username?: string;
  role?: Role;
  zone?: string | null;
  createdAt?: string;
  balance: string;
  granted: string;
  spent: string;
}

export interface AccountEntry {
  position: number;
  sequence: number;
  at: string;
  amount: string;
  balance: string;
  cause: string;
  reservation?: string;
  note?: string;
}

export interface User {
  userid: number;
  username: string;
  role: Role;
  createdAt: string;
  zone: string | null;
}

export interface ApiToken {
  id: string;
  name: string;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

/** Shown once, when it is made. */
export interface NewApiToken {
  id: string;
  name: string;
  token: string;
  createdAt: string;
  expiresAt: string | null;
}

export interface Amounts {
  vcpus: number;
  memoryMb: number;
  diskGb: number;
}

export interface InstanceType extends Amounts {
  name: string;
}

export interface Template {
  name: string;
}

export interface Node {
  name: string;
  status: string;
  capacity: Amounts;
  pool: string;
  instances?: number;
}

/** What is asked: the paper's Figure 7 and ours. */
export interface Proposal {
  type: string;
  numInstancesFixed: number;
  numInstancesOption?: number;
  startTime: string;
  duration: number;
  template: string;
  price?: string;
  earliestStart?: string;
  latestEnd?: string;
  autoStart?: boolean;
}

/** Terms as they come back; bare but for the ids while nothing was proposed. */
export interface ProposalOut extends Partial<Proposal> {
  id: string;
  userid: number;
}

export type Difference =
  | { in: "startTime"; byMs: number }
  | { in: "numInstancesFixed"; asked: number; granted: number }
  | { in: "duration"; askedEnd: string; grantedEnd: string }
  | { in: "price"; asked: string; price: string };

export interface BindingNode {
  node: string;
  dimension: string;
  free: number;
  needed: number;
  from: string;
  until: string;
}

export interface Reason {
  code: "never_fits" | "capacity_short" | "price_short" | "no_start_fits" | "price_overflow";
  detail: string;
  nodes?: BindingNode[];
  [member: string]: unknown;
}

export interface Quote {
  policy: string;
  listPrice: string;
  leadMs?: number;
  utilisationPpm?: number;
  multiplierPpm?: number;
  peakMs?: number;
  offPeakMs?: number;
}

export interface Options {
  granted: number;
  guaranteed: number;
  priceEach: string;
}

export interface Offer {
  offer: number;
  proposal: ProposalOut;
  price: string;
  quote: Quote;
  options?: Options;
  expiresAt: string;
  held: boolean;
  differs: Difference | null;
}

export interface Asking {
  round: number;
  price: string;
  listPrice: string;
  concededPpm: number;
}

export interface Placed {
  node: string;
  count: number;
}

export type Reply =
  "NONE" | "ACCEPT" | "COUNTER" | "REJECT" | "CONFIRM_REQUEST" | "REQUEST_SUCCESS" | (string & {});

/** The answer to a message of a negotiation. */
export interface NegotiationAnswer {
  proposal: ProposalOut;
  reply: Reply;
  status: ReservationStatus;
  offers: Offer[];
  reasons: Reason[];
  asking?: Asking;
  price?: string;
  paid?: string;
  options?: Options;
  placement?: Placed[];
  expiresAt?: string;
  position: number;
}

export interface Change {
  status: ReservationStatus;
  reply: Reply;
  asked: ProposalOut;
  offers: Offer[];
  reasons: Reason[];
}

export interface Reservation {
  id: string;
  status: ReservationStatus;
  reply: Reply;
  userid: number;
  series?: string;
  type?: string;
  template?: string;
  numInstancesFixed?: number;
  numInstancesOption?: number;
  startTime?: string;
  endTime?: string;
  duration?: number;
  price?: string;
  paid?: string;
  options?: Options;
  change?: Change;
  placement: Placed[];
  offers: Offer[];
  reasons: Reason[];
  instances: string[];
  autoStart?: boolean;
  createdAt: string;
  position: number;
}

/** What the user says. */
export type Message =
  | { reply: "ACCEPT"; offer?: number }
  | { reply: "COUNTER"; proposal: Proposal }
  | { reply: "CONFIRM" }
  | { reply: "REJECT" };

export interface Instance {
  id: string;
  name: string;
  status: PowerState;
  startTime: string;
  endTime: string;
  node: string;
  ipAddress: string | null;
  reservation: string;
  type: string;
  template: string;
  userid: number;
  wanted: "RUNNING" | "HALTED" | "GONE";
  work: {
    state: "IDLE" | "IN_FLIGHT" | "BACKING_OFF" | "STUCK";
    effect?: string;
    attempts?: number;
    retryAt?: string;
    error?: string;
  };
  removed: boolean;
  position: number;
}

export type Sender = "user" | "provider" | "clock" | "hypervisor";

export interface HistoryEntry {
  position: number;
  sequence: number;
  at: string;
  sender: Sender | null;
  /** The event's name, such as `ReservationConfirmed`. */
  event: string;
  data: unknown;
  hash: string;
  previousHash?: string;
  aggregate?: "reservation" | "instance";
  /** Of the aggregate. */
  id?: string;
  /** Who asked, where somebody did. */
  userid?: number | null;
}

export interface Explanation {
  id: string;
  status: ReservationStatus;
  summary: string[];
  steps: {
    position: number;
    at: string;
    sender: Sender | null;
    event: string;
    words: string[];
    data: unknown;
  }[];
}

export interface RefundQuote {
  id: string;
  paid: string;
  refund: string;
  rule: unknown;
  validUntil: string | null;
  now: string;
  policyVersion: number;
}

export interface AvailabilityStep {
  from: string;
  to: string;
  firm: Amounts;
  held: Amounts;
  free: Amounts;
  /** How many of each type fit; only summed over all nodes. */
  instances?: Record<string, number>;
}

export interface Availability {
  from: string;
  to: string;
  step: number;
  heldApart: boolean;
  capacity: Amounts;
  steps: AvailabilityStep[];
  cutOffAt?: string;
  position: number;
}

export interface NodeAvailability {
  node: string;
  status: string;
  capacity: Amounts;
  steps: AvailabilityStep[];
}

export interface AvailabilityByNode extends Omit<Availability, "steps"> {
  nodes: NodeAvailability[];
}

/** A bar of a time line: what a reservation takes, or holds, on one node. */
export interface Booking {
  reservation: string;
  userid: number;
  node: string;
  count: number;
  type: string;
  startTime: string;
  endTime: string;
  status: ReservationStatus;
  kind: "firm" | "held";
}

export interface OffersFound {
  type: string;
  numInstancesFixed: number;
  duration: number;
  from: string;
  to: string;
  step: number;
  searchedUntil: string;
  offers: { startTime: string; endTime: string; price: string }[];
  reasons: Reason[];
  position: number;
}

/** An event of the ledger as the stream tells it. */
export interface StreamEvent {
  position: number;
  at: string;
  event: string;
  aggregate:
    "reservation" | "instance" | "account" | "series" | "standing_request" | "node" | "policy";
  id: string;
  reservation: string | null;
  userid: number | null;
  sender: Sender | null;
}
