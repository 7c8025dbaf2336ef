/** Text as networks show it: links, mentions and hashtags coloured. Shared by the previews; elements only, never HTML. */
import type { ReactNode } from 'react'
import { type Stretch, stretches } from '#kit/facts/addresses.ts'

export type { Stretch }

/** No post of any network is longer (UTF-16 units); what comes behind stays plain, so that a preview stays quick. */
const readable = 30_000

/** Digits alone are no hashtag (X, Instagram, Threads, TikTok, Bluesky), and handles are Latin letters, digits and `_`. */
const uncoloured = /^(?:[#＃]\d+|@(?![a-z\d_]).*)$/isu

/** The stretches most networks colour: links, @handles (dots allowed) and #tags, not in the middle of a word. */
export const usualStretches = (text: string): Stretch[] =>
  stretches(text.slice(0, readable)).filter(({ start, end }) => !uncoloured.test(text.slice(start, end)))

/** No post of any network has more to colour. */
const most = 500

/** Colours the stretches (in order, not overlapping) and shows links without their scheme. */
export const linkify = (text: string, coloured: readonly Stretch[], className: string): ReactNode[] => {
  const out: ReactNode[] = []
  let at = 0
  for (const { start, end } of coloured.slice(0, most)) {
    if (start < at || end <= start) continue
    if (start > at) out.push(text.slice(at, start))
    out.push(
      <span key={start} className={className}>
        {text.slice(start, end).replace(/^https?:\/\//, '')}
      </span>,
    )
    at = end
  }
  if (at < text.length) out.push(text.slice(at))
  return out
}
