// Before anything is painted, so that nobody sees the other theme first.
try {
  const theme = localStorage.getItem("cardea-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden: then it is the system's.
}
