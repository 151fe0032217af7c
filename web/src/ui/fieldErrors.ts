import { ApiError } from "../api/problem";

/** What was refused, told apart: what belongs beside one of the fields shown, and the rest. */
export interface FieldErrors {
  fields: Record<string, string | undefined>;
  /** To be shown above the form, or `null` where every word has a field. */
  other: unknown;
}

/** Refusals that name no field but concern one. */
const CONCERNS: Record<string, string> = { username_taken: "username" };

/** Sorts the words of a refusal by the fields of a form. */
export function fieldErrorsOf(error: unknown, shown: readonly string[]): FieldErrors {
  if (!(error instanceof ApiError)) return { fields: {}, other: error };
  const fields: FieldErrors["fields"] = {};
  const concerned = CONCERNS[error.code];
  if (concerned !== undefined && shown.includes(concerned)) fields[concerned] = error.message;
  for (const name of shown) {
    const detail = error.field(name);
    if (detail !== undefined) fields[name] = detail;
  }
  const elsewhere = error.problem.errors?.some(({ field }) => !shown.includes(field)) ?? false;
  const placed = Object.keys(fields).length > 0;
  return { fields, other: placed && !elsewhere ? null : error };
}
