import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";

import type { Done } from "./useNegotiation";

/** What came of what was just said or done, in words; told to who does not see it. */
export function DoneNotice({ done }: { done: Done | null }) {
  return (
    <div role="status" aria-live="polite">
      {done !== null && (
        <Alert isInline isPlain variant={variantOf(done)} title={wordsOf(done)} component="h2" />
      )}
    </div>
  );
}

function variantOf({ answer }: Done): "success" | "info" {
  return ["COUNTER", "REJECT"].includes(answer.reply) ? "info" : "success";
}

function wordsOf({ act, answer }: Done): string {
  switch (act.do) {
    case "activate":
      return "Activated: its instances are being started.";
    case "cancel":
      return "Cancelled.";
    case "options":
      return "claim" in act.change ? "Claimed." : "Dropped.";
    case "say":
      break;
  }
  switch (answer.reply) {
    case "ACCEPT":
      return "The provider accepts.";
    case "COUNTER":
      return "The provider answers with other offers.";
    case "CONFIRM_REQUEST":
      return "Accepted. The provider asks for your confirmation.";
    case "REQUEST_SUCCESS":
      return act.message.reply === "REJECT" ? "Given up." : "Confirmed by the provider.";
    case "REJECT":
      return act.message.reply === "REJECT" ? "Rejected." : "The provider can offer nothing.";
    default:
      return "Done.";
  }
}
