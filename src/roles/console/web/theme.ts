// Runs before anything is painted, as a plain script and without imports, so that a chosen theme never flashes.
try {
  const chosen = localStorage.getItem('vedette.theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
} catch {
  // Storage may be forbidden; the system's preference then stands.
}
