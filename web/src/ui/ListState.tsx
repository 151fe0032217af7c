import { EmptyState, EmptyStateBody } from "@patternfly/react-core/dist/esm/components/EmptyState";
import { Skeleton } from "@patternfly/react-core/dist/esm/components/Skeleton";
import type { ReactNode } from "react";

const SKELETON_ROWS = 6;

/** A list that is being read for the first time. */
export function ListSkeleton({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label}>
      {Array.from({ length: SKELETON_ROWS }, (_, row) => (
        <p key={row}>
          <Skeleton screenreaderText={row === 0 ? label : undefined} />
        </p>
      ))}
    </div>
  );
}

/** A list with nothing in it, and what to do about that. */
export function NothingHere({ title, children }: { title: string; children: ReactNode }) {
  return (
    <EmptyState headingLevel="h2" titleText={title} variant="sm">
      <EmptyStateBody>{children}</EmptyStateBody>
    </EmptyState>
  );
}
