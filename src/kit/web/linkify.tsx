/** Text as networks show it: links, mentions and hashtags coloured. Shared by the previews; elements only, never HTML. */
import type { ReactNode } from 'react'

/** A coloured stretch of a text, in UTF-16 units; `end` is exclusive. */
export type Stretch = { start: number; end: number }

/** Links, @handles (dots allowed) and #tags, not in the middle of a word. */
const usual = /https?:\/\/[^\s<>"']+|(?<![\p{L}\p{N}_])[@#][\p{L}\p{N}_][\p{L}\p{N}_.-]*/gu

/** The stretches most networks colour. Punctuation at the end belongs to the sentence, not to the link. */
export const usualStretches = (text: string): Stretch[] =>
  [...text.matchAll(usual)].map((m) => ({ start: m.index, end: m.index + m[0].replace(/[.,;:!?)\]]+$/u, '').length }))

/** Colours the stretches (in order, not overlapping) and shows links without their scheme. */
export const linkify = (text: string, stretches: readonly Stretch[], className: string): ReactNode[] => {
  const out: ReactNode[] = []
  let at = 0
  for (const { start, end } of stretches) {
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
