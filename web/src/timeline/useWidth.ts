import { useEffect, useState } from "react";

/** How wide an element is in pixels, and what to give it as its `ref`. */
export function useWidth(): [number, (element: HTMLElement | null) => void] {
  const [element, measure] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(800);
  useEffect(() => {
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(Math.max(1, element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [width, measure];
}
