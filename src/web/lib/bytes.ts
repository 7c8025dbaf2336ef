/** Bytes as people read them, decimal units: `950 kB`, `4.5 MB`, `4.3 GB`. */
export const formatBytes = (bytes: number): string =>
  bytes < 1_000_000
    ? `${Math.max(1, Math.round(bytes / 1000))} kB`
    : bytes < 1_000_000_000
      ? `${Math.round(bytes / 100_000) / 10} MB`
      : `${Math.round(bytes / 100_000_000) / 10} GB`
