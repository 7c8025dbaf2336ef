/** Saying by how much a limit is broken without saying that it is kept: `4 s; at least 4 s` helps nobody. */

/**
 * `actual` with as few decimals as tell it from `limit`, on its own side of it; at least `digits`. What is not apart from
 * the limit is rounded to `digits`.
 */
export const apart = (actual: number, limit: number, digits = 0): number => {
  for (let d = digits; d <= 9; d++) {
    const told = Number(actual.toFixed(d))
    if (actual === limit || (actual < limit ? told < limit : told > limit)) return told
  }
  return actual
}

const units = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
  ['bytes', 1],
] as const

/**
 * Two sizes in bytes as people read them, in decimal units, with as few decimals as keep them apart: `5.01 MB` and `5 MB`.
 * `number` writes a number in the reader's language.
 */
export const bytesApart = (actual: number, limit: number, number: (n: number) => string = String): [string, string] => {
  const unitOf = (n: number) => units.find(([, size]) => n >= size) ?? units[3]
  const [[nameA, a], [nameL, l]] = [unitOf(actual), unitOf(limit)]
  for (let d = actual >= 1e6 ? 1 : 0; ; d++) {
    const [saidA, saidL] = [Number((actual / a).toFixed(d)), Number((limit / l).toFixed(d))]
    if (d === 9 || Math.sign(saidA * a - saidL * l) === Math.sign(actual - limit))
      return [`${number(saidA)} ${nameA}`, `${number(saidL)} ${nameL}`]
  }
}
