import { Moment } from "../time/ZoneProvider";

const INSTANT = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

/** The API's words, with the instants in them in the chosen zone. */
export function Words({ text }: { text: string }) {
  return (
    <>{text.split(INSTANT).map((part, i) => (i % 2 === 1 ? <Moment key={i} at={part} /> : part))}</>
  );
}
