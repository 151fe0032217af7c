import { Skeleton } from "@patternfly/react-core/dist/esm/components/Skeleton";

/** Stands where something will be that is being read. */
export function Loading({ what, height = "8rem" }: { what: string; height?: string }) {
  return <Skeleton height={height} screenreaderText={`Loading ${what}`} />;
}
