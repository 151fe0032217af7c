/** What must be true of every page, on those that operators see. A page joins by its line. */
import { checkPlaces } from "./harness/places";

checkPlaces([
  { name: "pool: nodes", who: "operator", path: () => "/pool" },
  { name: "pool: instances", who: "operator", path: () => "/pool?part=instances" },
  { name: "pool: stuck commands", who: "operator", path: () => "/pool?part=stuck" },
  { name: "pool: users", who: "operator", path: () => "/pool?part=users" },
  { name: "statistics", who: "operator", path: () => "/statistics" },
  { name: "statistics as tables", who: "operator", path: () => "/statistics?show=table" },
]);
