/** What operators and auditors ask of everybody's reservations over time. */
import { type Query, get } from "./client";

/** Exact whole numbers, as text because they may be larger than a number holds exactly. */
export interface BookedUsed {
  booked: string;
  used: string;
  capacity: string;
}

export interface UtilisationStep {
  from: string;
  to: string;
  vcpuMs: BookedUsed;
  memoryMbMs: BookedUsed;
  diskGbMs: BookedUsed;
}

export interface Utilisation {
  from: string;
  to: string;
  step: number;
  /** Until when `used` is known. */
  usedUntil: string;
  series: { node: string | null; steps: UtilisationStep[] }[];
}

export interface Tally {
  count: number;
  instances: number;
  vcpuMs: string;
}

export interface TallyBecause extends Tally {
  reasons: Record<string, number>;
}

export interface DemandStep {
  from: string;
  to: string;
  asked: Tally;
  accepted: Tally;
  countered: TallyBecause;
  rejected: TallyBecause;
  confirmed: Tally;
}

export interface Demand {
  from: string;
  to: string;
  step: number;
  steps: DemandStep[];
}

export interface Agreed {
  count: number;
  vcpuMs: string;
  listPrice: string;
  agreedPrice: string;
  /** Credits; `null` where nothing was agreed on. */
  perVcpuHour: { min: string; median: string; mean: string; max: string } | null;
}

export interface PriceStep {
  from: string;
  to: string;
  agreements: Agreed;
  byType: Record<string, Agreed>;
  changes: { count: number; credits: string };
}

export interface Prices {
  from: string;
  to: string;
  step: number;
  steps: PriceStep[];
}

export const readUtilisation = (query: Query, signal?: AbortSignal) =>
  get<Utilisation>("/statistics/utilisation", query, signal);
export const readDemand = (query: Query, signal?: AbortSignal) =>
  get<Demand>("/statistics/demand", query, signal);
export const readPrices = (query: Query, signal?: AbortSignal) =>
  get<Prices>("/statistics/prices", query, signal);
