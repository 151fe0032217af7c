import { Moment } from "../time/ZoneProvider";

/** From when to when, in two lines. */
export function Period({ from, to }: { from: string; to: string }) {
  return (
    <>
      <Moment at={from} />
      <br />
      to <Moment at={to} />
    </>
  );
}
