import type { Role } from "../api/types";

interface Place {
  to: "/" | "/reserve" | "/reservations" | "/instances" | "/pool" | "/statistics" | "/account";
  name: string;
  /** Who has it; everybody where left out. */
  roles?: Role[];
}

const PLACES: Place[] = [
  { to: "/", name: "Welcome" },
  { to: "/reserve", name: "Reserve", roles: ["user", "operator"] },
  { to: "/reservations", name: "Reservations" },
  { to: "/instances", name: "Instances" },
  { to: "/pool", name: "Pool", roles: ["operator", "auditor"] },
  { to: "/statistics", name: "Utilisation and prices", roles: ["operator", "auditor"] },
  { to: "/account", name: "Account" },
];

/** Where somebody of this role can go. */
export function placesOf(role: Role | undefined): Place[] {
  return PLACES.filter(({ roles }) => !roles || (role !== undefined && roles.includes(role)));
}

/** Whether the page at `path` belongs to the place at `to`. */
export function isAt(to: string, path: string): boolean {
  return to === "/" ? path === "/" : path === to || path.startsWith(`${to}/`);
}
