/** What the form for terms holds, in the address and as a proposal. */
import type { Proposal, ProposalOut } from "../../api/types";
import { HOUR, type Span } from "../../timeline/model";
import type { Texts } from "./useTexts";

/** Instants and lengths in milliseconds; `null` where nothing was said. */
export interface Fields {
  type: string;
  template: string;
  fixed: number;
  option: number;
  start: number;
  duration: number;
  price: string;
  earliest: number | null;
  latest: number | null;
  autoStart: boolean;
}

/** The names that the address has for the fields. */
const NAMES = [
  "type",
  "template",
  "count",
  "option",
  "start",
  "duration",
  "price",
  "earliest",
  "latest",
  "autostart",
] as const;

function numberOf(text: string | undefined, otherwise: number): number {
  const number = Number(text);
  return text !== undefined && text !== "" && Number.isSafeInteger(number) && number >= 0
    ? number
    : otherwise;
}

function instantOf(text: string | undefined): number | null {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? null : at;
}

/** An instant as the address and proposals have it, to the second. */
export function isoOf(at: number): string {
  return new Date(at)
    .toISOString()
    .replace(".000Z", "Z")
    .replace(/(T\d\d:\d\d):00Z$/, "$1Z");
}

/** What the address says; what it does not say is as in `otherwise`. */
export function fieldsOf(texts: Texts, otherwise: Fields): Fields {
  return {
    type: texts.type || otherwise.type,
    template: texts.template || otherwise.template,
    fixed: numberOf(texts.count, otherwise.fixed),
    option: numberOf(texts.option, otherwise.option),
    start: instantOf(texts.start) ?? otherwise.start,
    duration: numberOf(texts.duration, otherwise.duration),
    price: texts.price ?? otherwise.price,
    earliest: texts.earliest === "none" ? null : (instantOf(texts.earliest) ?? otherwise.earliest),
    latest: texts.latest === "none" ? null : (instantOf(texts.latest) ?? otherwise.latest),
    autoStart: texts.autostart === undefined ? otherwise.autoStart : texts.autostart !== "no",
  };
}

/** What the address has to say so that it reads as `fields`. */
export function textsOf(fields: Partial<Fields>): Texts {
  const texts: Texts = {};
  if (fields.type !== undefined) texts.type = fields.type;
  if (fields.template !== undefined) texts.template = fields.template;
  if (fields.fixed !== undefined) texts.count = String(fields.fixed);
  if (fields.option !== undefined) texts.option = String(fields.option);
  if (fields.start !== undefined) texts.start = isoOf(fields.start);
  if (fields.duration !== undefined) texts.duration = String(fields.duration);
  if (fields.price !== undefined) texts.price = fields.price;
  if (fields.earliest !== undefined) {
    texts.earliest = fields.earliest === null ? "none" : isoOf(fields.earliest);
  }
  if (fields.latest !== undefined) {
    texts.latest = fields.latest === null ? "none" : isoOf(fields.latest);
  }
  if (fields.autoStart !== undefined) texts.autostart = fields.autoStart ? "yes" : "no";
  return texts;
}

/** Nothing of a form in the address. */
export const NO_TEXTS: Texts = Object.fromEntries(NAMES.map((name) => [name, undefined]));

/** The window that the fields ask for. */
export function windowOf({ start, duration }: Fields): Span {
  return { from: start, to: start + duration };
}

/** The proposal that the fields make. */
export function proposalOf(fields: Fields): Proposal {
  const proposal: Proposal = {
    type: fields.type,
    template: fields.template,
    numInstancesFixed: fields.fixed,
    numInstancesOption: fields.option,
    startTime: new Date(fields.start).toISOString(),
    duration: fields.duration,
  };
  if (fields.price.trim() !== "") proposal.price = fields.price.trim();
  if (fields.earliest !== null) proposal.earliestStart = new Date(fields.earliest).toISOString();
  if (fields.latest !== null) proposal.latestEnd = new Date(fields.latest).toISOString();
  if (!fields.autoStart) proposal.autoStart = false;
  return proposal;
}

/** The fields that ask for the terms of `out`; those it leaves out are as in `otherwise`. */
export function fieldsFrom(out: Partial<ProposalOut>, otherwise: Fields): Fields {
  return {
    type: out.type ?? otherwise.type,
    template: out.template ?? otherwise.template,
    fixed: out.numInstancesFixed ?? otherwise.fixed,
    option: out.numInstancesOption ?? otherwise.option,
    start: instantOf(out.startTime) ?? otherwise.start,
    duration: out.duration ?? otherwise.duration,
    price: out.price ?? "",
    earliest: instantOf(out.earliestStart),
    latest: instantOf(out.latestEnd),
    autoStart: out.autoStart ?? true,
  };
}

/** What is asked for where nothing was said: an hour from the next full one on, of what is first. */
export function defaultFields(types: string[], templates: string[], now: number): Fields {
  return {
    type: types[0] ?? "",
    template: templates[0] ?? "",
    fixed: 1,
    option: 0,
    start: Math.ceil((now + 1) / HOUR) * HOUR,
    duration: HOUR,
    price: "",
    earliest: null,
    latest: null,
    autoStart: true,
  };
}
