import type { Role } from "../../api/types";

/** Roles with their names. */
export const ROLES: [Role, string][] = [
  ["user", "User"],
  ["operator", "Operator"],
  ["auditor", "Auditor"],
];
