/** Room on a disk, in bytes. */
export type Room = { free: number; total: number }

const gigabyte = 1e9

/**
 * Is there so little room left that somebody should make some? A video takes up to 4 GB and a database grows between two looks,
 * so 5 GB are little on any disk that ever had more; a twentieth is little only until 20 GB.
 */
export const isNearlyFull = ({ free, total }: Room): boolean =>
  free < Math.min(5 * gigabyte, total / 10) || (free < total / 20 && free < 20 * gigabyte)
