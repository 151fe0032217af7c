// Runs before anything is painted, so that no page flashes in the other theme. The same rule as in
// src/theme/theme.ts, which takes over from here.
(() => {
  let stored = null;
  try {
    stored = localStorage.getItem("openpex.theme");
  } catch {
    // A browser that keeps nothing: as its system has it.
  }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const isDark = stored === "dark" || (stored !== "light" && dark);
  document.documentElement.classList.toggle("pf-v6-theme-dark", isDark);
})();
