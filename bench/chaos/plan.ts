/** What is written down of each publication while the client works, so that the ledger can be judged by it. */

export type Planned = {
  id: string
  platform: string
  /** Stands in every text of it, with the version after it. */
  marker: string
  /** Entries of the ledger it makes. */
  entries: number
  /** Versions of the text that may be out: one, unless the answer to an edit never came. */
  versions: Set<number>
  /** Not before this instant (epoch ms of the cluster's clock): the earliest it may have been moved to. */
  notBefore: number
  /** `maybe`: the answer to scheduling never came. */
  scheduled: 'yes' | 'maybe'
  /** Did we cancel it? `maybe`: the answer never came. */
  cancelled: 'no' | 'yes' | 'maybe'
}

/** `c1n000012p03`: fixed width, so that no marker is the beginning of another. One a publication: a network may have two channels. */
export const markerOf = (seed: number, post: number, part: number): string =>
  `c${seed}n${String(post).padStart(6, '0')}p${String(part).padStart(2, '0')}`
/** The text's word of a version: `c1n000012p03v1e`. */
export const wordOf = (marker: string, version: number): string => `${marker}v${version}e`
/** Of what publication and version is this text, if any of ours? */
export const readWord = (text: string): { marker: string; version: number } | null => {
  const found = /(c\d+n\d{6}p\d\d)v(\d+)e/.exec(text)
  return found ? { marker: found[1]!, version: Number(found[2]) } : null
}
