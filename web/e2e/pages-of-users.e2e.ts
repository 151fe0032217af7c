/** What must be true of every page, on those that users and strangers see. A page joins by its line. */
import { checkPlaces } from "./harness/places";

checkPlaces([
  { name: "log in", who: null, path: () => "/login" },
  { name: "register", who: null, path: () => "/register" },
  { name: "no such page, outside", who: null, path: () => "/nowhere" },
  { name: "no such page", who: "user", path: () => "/nowhere" },
  { name: "welcome", who: "user", path: () => "/" },
  { name: "reserve", who: "user", path: () => "/reserve" },
  { name: "reservations", who: "user", path: () => "/reservations" },
  { name: "a running reservation", who: "user", path: ({ running }) => `/reservations/${running}` },
  { name: "a negotiation", who: "user", path: ({ countered }) => `/reservations/${countered}` },
  { name: "history", who: "user", path: ({ running }) => `/reservations/${running}/history` },
  { name: "instances", who: "user", path: () => "/instances" },
  { name: "account", who: "user", path: () => "/account" },
  { name: "pool, refused", who: "user", path: () => "/pool" },
]);
