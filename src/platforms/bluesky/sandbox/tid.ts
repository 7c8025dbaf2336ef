/** Timestamp ids of the AT protocol: 13 characters that sort by time (fact sheet bluesky.md §3). */

const ALPHABET = '234567abcdefghijklmnopqrstuvwxyz'

export const isTid = (text: unknown): text is string => typeof text === 'string' && /^[2-7a-j][2-7a-z]{12}$/.test(text)

/** TID of an instant (epoch ms); `step` makes two of the same millisecond differ. */
export const tidAt = (ms: number, step: number): string => {
  let n = ((BigInt(Math.max(0, Math.floor(ms))) * 1000n + BigInt(step % 1000)) << 10n) | 7n
  let out = ''
  for (let i = 0; i < 13; i++) {
    out = ALPHABET[Number(n & 31n)] + out
    n >>= 5n
  }
  return out
}
