/** Where one wanted to go: only an address of this portal, and never back to where one logs in. */
export function targetOf(next: string | undefined): string {
  // `//elsewhere` and `/\elsewhere` would be another site's.
  if (next === undefined || !/^\/(?![/\\])/.test(next)) return "/";
  return /^\/(login|register)\b/.test(next) ? "/" : next;
}
