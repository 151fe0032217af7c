/** As much of an id as tells it apart on one screen. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
