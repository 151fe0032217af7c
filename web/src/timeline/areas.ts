/** The outline of what is taken of a row over time. */
import { firstWhere } from "./lanes";
import { type Area, type Span, THOUSAND } from "./model";
import { toPixels } from "./scale";

/** What is drawn of a row's areas: the `d` of an SVG path each, empty where there is nothing. */
export interface Outlines {
  firm: string;
  held: string;
}

/** The outlines in a view that is `width` by `height` pixels; held stands on top of firm. */
export function outlines(
  areas: readonly Area[],
  view: Span,
  width: number,
  height: number,
): Outlines {
  const [firm, held]: string[][] = [[], []];
  const start = firstWhere(areas, (area) => area.to > view.from);
  for (let i = start; i < areas.length; i += 1) {
    const area = areas[i] as Area;
    if (area.from >= view.to) break;
    const left = Math.round(Math.max(0, toPixels(area.from, view, width)));
    const right = Math.round(Math.min(width, toPixels(area.to, view, width)));
    if (right <= left) continue;
    const tall = (part: number) => Math.round((Math.min(THOUSAND, part) * height) / THOUSAND);
    const [firmTall, allTall] = [tall(area.firm), tall(area.firm + area.held)];
    const box = (from: number, to: number) =>
      `M${left} ${height - from}H${right}V${height - to}H${left}Z`;
    if (firmTall > 0) firm?.push(box(0, firmTall));
    if (allTall > firmTall) held?.push(box(firmTall, allTall));
  }
  return { firm: firm?.join("") ?? "", held: held?.join("") ?? "" };
}
