/** Record keys of posts: TIDs, 13 signs: a 0 bit, 53 bits of microseconds, 10 bits of clock id (fact sheet §3). */

const alphabet = '234567abcdefghijklmnopqrstuvwxyz'

/** A fresh TID. `nowMs` epoch ms; `clockId` 0-1023 and `micros` 0-999 are random, so that two posts of one millisecond differ. */
export const newTid = (nowMs: number, random: { clockId: number; micros: number } = draw()): string => {
  let n = ((BigInt(Math.floor(nowMs)) * 1000n + BigInt(random.micros % 1000)) << 10n) | BigInt(random.clockId & 1023)
  let out = ''
  for (let i = 0; i < 13; i++) {
    out = alphabet[Number(n & 31n)] + out
    n >>= 5n
  }
  return out
}

const draw = () => {
  const [a, b] = crypto.getRandomValues(new Uint16Array(2))
  return { clockId: a! & 1023, micros: b! % 1000 }
}
