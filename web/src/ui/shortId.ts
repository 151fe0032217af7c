const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether `text` is a whole id. */
export function isWholeId(text: string): boolean {
  return UUID.test(text);
}

/** As much of an id as tells it apart on one screen: its end, since ids begin with when they were made. */
export function shortId(id: string): string {
  return id.slice(-8);
}
