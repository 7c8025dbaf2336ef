/** When webhook work is done again, pure. */

/** An event that comes before what it is about is stored, or while an attempt is at it, is handled again after these waits (ms). */
export const eventWaitsMs = [3_000, 10_000, 30_000, 120_000, 600_000] as const

/** The wait before the next try (ms), or null: it is over. `tries` counts those that were made. */
export const eventWait = (tries: number): number | null => eventWaitsMs[tries] ?? null

/** A subscription is renewed this often (ms): some networks forget one after five days. */
export const renewMs = 3 * 86_400_000
/** A subscription that failed is asked for again after a minute, doubling up to six hours (ms). */
export const subscribeWait = (tries: number): number => Math.min(6 * 3_600_000, 60_000 * 2 ** Math.min(tries, 20))
