/** What the API says when it cannot do what was asked (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Stable; what programs look at. */
  code: string;
  /** For 422: each field that breaks a rule. */
  errors?: FieldProblem[];
  [member: string]: unknown;
}

export interface FieldProblem {
  field: string;
  code: string;
  detail: string;
}

/** A request that was not answered as asked: the API's own words, or why there were none. */
export class ApiError extends Error {
  readonly problem: Problem;
  readonly requestId: string | null;

  constructor(problem: Problem, requestId: string | null) {
    super(problem.detail);
    this.name = "ApiError";
    this.problem = problem;
    this.requestId = requestId;
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }

  /** What is wrong with one field, if anything. */
  field(name: string): string | undefined {
    return this.problem.errors?.find((error) => error.field === name)?.detail;
  }
}

/** The service did not answer at all; what was asked for may have come about. */
export function unreachable(cause: unknown): ApiError {
  const detail = "The service does not answer. Nothing you entered is lost; try again.";
  const problem = {
    type: "urn:openpex:problem:unreachable",
    title: "Unreachable",
    status: 0,
    detail,
    code: "unreachable",
  };
  const error = new ApiError(problem, null);
  error.cause = cause;
  return error;
}

/** An error as something to show: every error the portal sees is one of these. */
export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : unreachable(error);
}
