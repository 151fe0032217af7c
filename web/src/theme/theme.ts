/** Light, dark, or what the system says; kept in the browser. */
export type Theme = "light" | "dark" | "system";

const STORED = "openpex.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

/** The user's choice. */
export function storedTheme(): Theme {
  const stored = localStorage.getItem(STORED);
  return stored === "light" || stored === "dark" ? stored : "system";
}

/** Shows the page so. */
export function applyTheme(theme: Theme): void {
  const isDark = theme === "dark" || (theme === "system" && dark.matches);
  document.documentElement.classList.toggle("pf-v6-theme-dark", isDark);
}

/** Shows the page so from now on. */
export function keepTheme(theme: Theme): void {
  localStorage.setItem(STORED, theme);
  applyTheme(theme);
}

dark.addEventListener("change", () => applyTheme(storedTheme()));
