const PATIENCE_MS = 30_000;
const STEP_MS = 25;

/** Waits until `predicate` holds; fails with `what` where it does not in time. */
export async function until(
  what: string,
  predicate: () => boolean | Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!(await predicate())) {
    if (performance.now() > end) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}
