/** Bytes as people read them, decimal units: `950 kB`, `4.5 MB`, `4.3 GB`; `number` writes a number in their language. */
export const formatBytes = (bytes: number, number: (n: number) => string): string =>
  bytes < 1_000_000
    ? `${number(Math.max(1, Math.round(bytes / 1000)))} kB`
    : bytes < 1_000_000_000
      ? `${number(Math.round(bytes / 100_000) / 10)} MB`
      : `${number(Math.round(bytes / 100_000_000) / 10)} GB`
