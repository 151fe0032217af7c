import { ApiError, type Problem, unreachable } from "./problem";

/** Under this is the whole API. */
export const BASE = "/OpenPEX";

/** Values that a query may have; `undefined` and empty ones are left out. */
export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

/** One page of a list, and where the next begins. */
export interface ListPage<T> {
  entries: T[];
  next: string | null;
}

interface Asked {
  query?: Query;
  body?: unknown;
  /** So that a repeated request takes effect once; made anew for each intent by `newIntent`. */
  intent?: string;
  ifMatch?: string;
  signal?: AbortSignal;
}

let onUnauthorized: () => void = () => undefined;

/** Has `listener` told whenever the API no longer knows who asks. */
export function whenUnauthorized(listener: () => void): void {
  onUnauthorized = listener;
}

/** A key for one thing that the user wants done, however often the request has to be sent. */
export function newIntent(): string {
  return crypto.randomUUID();
}

/** The path with its query. */
export function urlOf(path: string, query: Query = {}): string {
  const sent = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) {
      if (value.length > 0) sent.set(name, value.join(","));
    } else if (value !== undefined && value !== "") {
      sent.set(name, String(value));
    }
  }
  const text = sent.toString();
  return BASE + path + (text === "" ? "" : `?${text}`);
}

async function send(method: string, path: string, asked: Asked): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (asked.body !== undefined) headers["Content-Type"] = "application/json";
  if (asked.intent !== undefined) headers["Idempotency-Key"] = asked.intent;
  if (asked.ifMatch !== undefined) headers["If-Match"] = asked.ifMatch;
  const request: RequestInit = { method, headers, credentials: "same-origin" };
  if (asked.body !== undefined) request.body = JSON.stringify(asked.body);
  if (asked.signal !== undefined) request.signal = asked.signal;
  let response: Response;
  try {
    response = await fetch(urlOf(path, asked.query), request);
  } catch (error) {
    if (asked.signal?.aborted) throw error;
    throw unreachable(error);
  }
  if (response.ok) return response;
  throw await refusal(response);
}

async function refusal(response: Response): Promise<ApiError> {
  const problem = await problemOf(response);
  const wrongPassword = problem.code === "credentials_wrong";
  if (response.status === 401 && !wrongPassword) onUnauthorized();
  return new ApiError(problem, response.headers.get("X-Request-Id"));
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    return (await response.json()) as Problem;
  } catch {
    const detail = `The service answered ${response.status} without saying why.`;
    const title = response.statusText;
    return {
      type: "about:blank",
      title,
      status: response.status,
      detail,
      code: "no_problem_given",
    };
  }
}

async function read<T>(response: Response): Promise<T> {
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** Reads one thing. */
export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return read<T>(await send("GET", path, { query, signal }));
}

/** Reads one thing with what its headers say of it. */
export async function getWhole<T>(
  path: string,
  query?: Query,
  signal?: AbortSignal,
): Promise<{ answer: T; tag: string | null; next: string | null }> {
  const response = await send("GET", path, { query, signal });
  const [tag, next] = [response.headers.get("ETag"), nextCursor(response.headers.get("Link"))];
  return { answer: await read<T>(response), tag, next };
}

/** Reads one part of a list. */
export async function getPage<T>(
  path: string,
  query?: Query,
  signal?: AbortSignal,
): Promise<ListPage<T>> {
  const response = await send("GET", path, { query, signal });
  return { entries: await read<T[]>(response), next: nextCursor(response.headers.get("Link")) };
}

/** Reads a list part by part, at most `limit` entries. */
export async function getAll<T>(
  path: string,
  query: Query,
  limit: number,
  signal?: AbortSignal,
): Promise<{ entries: T[]; isWhole: boolean }> {
  const entries: T[] = [];
  let cursor: string | null = null;
  do {
    const page: ListPage<T> = await getPage<T>(
      path,
      { ...query, cursor: cursor ?? undefined },
      signal,
    );
    entries.push(...page.entries);
    cursor = page.next;
  } while (cursor !== null && entries.length < limit);
  return { entries: entries.slice(0, limit), isWhole: cursor === null && entries.length <= limit };
}

/** Asks for something to be made. */
export async function post<T>(path: string, asked: Asked = {}): Promise<T> {
  return read<T>(await send("POST", path, asked));
}

/** Asks for something to be changed. */
export async function put<T>(path: string, asked: Asked = {}): Promise<T> {
  return read<T>(await send("PUT", path, asked));
}

/** Asks for something to be ended. */
export async function del<T>(path: string, asked: Asked = {}): Promise<T> {
  return read<T>(await send("DELETE", path, asked));
}

/** The cursor in a `Link: <…?cursor=…>; rel="next"` header. */
export function nextCursor(link: string | null): string | null {
  const target = link?.match(/<([^>]*)>\s*;\s*rel="?next"?/)?.[1];
  if (target === undefined) return null;
  return new URL(target, "http://origin").searchParams.get("cursor");
}
