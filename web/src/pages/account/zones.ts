/** The zones that somebody who typed `text` may mean, those whose city begins so first. */
export function matchingZones(zones: readonly string[], text: string): string[] {
  const wanted = plain(text.trim());
  if (wanted === "") return [...zones];
  const city = (zone: string) => plain(zone.slice(zone.lastIndexOf("/") + 1));
  const found = zones.filter((zone) => plain(zone).includes(wanted));
  const first = found.filter((zone) => city(zone).startsWith(wanted));
  return [...first, ...found.filter((zone) => !first.includes(zone))];
}

/** `America/New_York` is found as `new york` too. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll("_", " ");
}
