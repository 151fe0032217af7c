import { Skeleton } from "@patternfly/react-core/dist/esm/components/Skeleton";
import { useQuery } from "@tanstack/react-query";

import { readRefund } from "../../api/endpoints";
import { Moment } from "../../time/ZoneProvider";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Credits } from "../../ui/Money";

interface Given {
  id: string;
  isBusy: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before a reservation is cancelled, with what would be given back. */
export function CancelDialog({ id, isBusy, onConfirm, onClose }: Given) {
  const refund = useQuery({
    queryKey: ["refund", id],
    queryFn: ({ signal }) => readRefund(id, signal),
    staleTime: 0,
  });
  return (
    <ConfirmDialog
      title="Cancel the reservation?"
      action="Cancel it"
      isDanger
      isBlocked={isBusy || refund.isPending}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <p>Its instances are stopped and removed, and its capacity is free at once.</p>
      <ErrorNotice error={refund.error} onRetry={() => void refund.refetch()} />
      {refund.isPending && <Skeleton screenreaderText="Asking what is given back" />}
      {refund.data && (
        <p>
          Of <Credits amount={refund.data.paid} /> paid,{" "}
          <strong>
            <Credits amount={refund.data.refund} />
          </strong>{" "}
          are given back
          {refund.data.validUntil !== null && (
            <>
              {" "}
              if you cancel before <Moment at={refund.data.validUntil} />
            </>
          )}
          .
        </p>
      )}
    </ConfirmDialog>
  );
}
