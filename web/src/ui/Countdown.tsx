import { useNow } from "../time/now";
import { formatDuration } from "../time/zone";

/** How long until `until`; `over` once it is past. Not read out every second. */
export function Countdown({ until, over = "over" }: { until: string; over?: string }) {
  const now = useNow();
  if (now === null) return null;
  const left = Date.parse(until) - now;
  return (
    <span role="timer" aria-live="off" className="opx-countdown">
      {left > 0 ? formatDuration(left) : over}
    </span>
  );
}
