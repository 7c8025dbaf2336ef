/** Cutting text into characters as people see them. Pure. */

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * Letters that never join a neighbour of their own kind: Latin, Greek and Cyrillic without marks, kana, Han. Between two
 * of them there is always a boundary (but inside CR LF), whatever the version of Unicode.
 */
const isPlain = (unit: number): boolean =>
  unit < 0x300 ||
  (unit >= 0x370 && unit < 0x483) ||
  (unit >= 0x3041 && unit <= 0x3096) ||
  (unit >= 0x30a1 && unit <= 0x30fa) ||
  (unit >= 0x3400 && unit <= 0x9fff)

/** The segmenter takes long to begin and goes fast then: it is not stopped for fewer plain letters than this. */
const worthStopping = 200

/** Where each user-perceived character (extended grapheme cluster) ends, in UTF-16 units. Only what may join is left to the slow segmenter. */
export const graphemeEnds = (text: string): number[] => {
  const ends: number[] = []
  for (let i = 0; i < text.length; ) {
    if (isPlain(text.charCodeAt(i)) && (i + 1 === text.length || isPlain(text.charCodeAt(i + 1)))) {
      i += text[i] === '\r' && text[i + 1] === '\n' ? 2 : 1
      ends.push(i)
      continue
    }
    let end = i + 1
    for (let plain = 0; end < text.length && plain < worthStopping; end++)
      plain = isPlain(text.charCodeAt(end)) ? plain + 1 : 0
    // The cut lies between two plain letters, which must not be CR and LF.
    if (end < text.length) end--
    if (text[end - 1] === '\r') end--
    for (const { segment } of segmenter.segment(text.slice(i, end))) {
      i += segment.length
      ends.push(i)
    }
  }
  return ends
}
