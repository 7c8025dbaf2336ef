// Runs before the first paint, apart from the bundle, so that a dark screen never flashes white. Same rule as lib/theme.ts.
try {
  const want = localStorage.getItem('clarion.theme') || 'system'
  const dark = want === 'dark' || (want === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.toggle('dark', dark)
} catch {
  // Storage may be forbidden; the light scheme is the default.
}
