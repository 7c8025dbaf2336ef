/** What only X's own rules can say, and the pure half of the platform for browser and server. */
import { type Cost, type Draft, type Finding, findingList, type PlatformPure } from '#kit/facts/preflight.ts'
import type { PlatformSpec } from '#kit/facts/spec.ts'
import { settings, spec } from './spec.ts'
import { cashtags, hasUrl, text } from './text.ts'

/** Which subscriptions write long posts (fact sheet §2, §3.1: "Premium accounts up to 25,000"). */
const longPosts = new Set(['Premium', 'PremiumPlus'])
const longMax = 25_000
/** Videos of those accounts (fact sheet §10), and what every account could always send (ms, bytes). */
const premiumVideoMs = 125 * 60_000
const surely = { ms: 140_000, bytes: 512_000_000 }
/**
 * A file goes in at most 1,000 pieces (fact sheet §3.2): of 1 MiB surely; pieces of 5 MB met an empty 413 in production, and
 * what lies between is unproven. Bytes of the whole file.
 */
const inPieces = { surely: 1000 * 1024 * 1024, refused: 1000 * 5_000_000 }
const gb = (bytes: number) => Math.ceil(bytes / 1e8) / 10

const premium = (draft: Draft) => longPosts.has(String(draft.channel.facts.subscriptionType))

const limitsFor = (base: PlatformSpec, draft: Draft): Pick<PlatformSpec, 'text' | 'media'> => ({
  text: premium(draft) ? { ...base.text, max: Math.max(longMax, base.text.max) } : base.text,
  media:
    premium(draft) && base.media.video
      ? { ...base.media, video: { ...base.media.video, maxMs: Math.max(premiumVideoMs, base.media.video.maxMs ?? 0) } }
      : base.media,
})

/** US dollars for a draft, pay per use (fact sheet §7): 0.015 a post, 0.20 with a link, 0.005 an alt text. */
export const cost = (draft: Draft): Cost => {
  const parts = [...draft.segments.map((s) => s.text), ...(draft.firstComment?.trim() ? [draft.firstComment] : [])]
  const links = parts.filter(hasUrl).length
  const alts = draft.segments.flatMap((s) => s.media).filter((m) => m.alt.trim()).length
  const amount = Math.round((links * 0.2 + (parts.length - links) * 0.015 + alts * 0.005) * 1000) / 1000
  const each =
    links > 0
      ? `X charges $0.20 for a post with a link; ${links} of ${parts.length} here.`
      : 'X charges $0.015 for a post without a link.'
  return {
    amount,
    currency: 'USD',
    note: alts > 0 ? `${each} An alt text costs $0.005; ${alts} here.` : each,
    kind: `${links > 0 ? 'link' : 'plain'}${alts > 0 ? '-alt' : ''}`,
    params: { links, of: parts.length, alts },
  }
}

const check = (draft: Draft): Finding[] => {
  const { out, add } = findingList(spec.id)
  draft.segments.forEach((s, segment) => {
    const gifs = s.media.filter((m) => m.mime === 'image/gif').length
    if (gifs > 0 && s.media.length > 1)
      add(
        'media.gif-alone',
        'error',
        'On X a GIF stands alone in its post.',
        'Keep the GIF or the pictures, not both.',
        {},
        { segment },
      )
    for (const m of s.media)
      if (m.kind === 'video' && !premium(draft) && ((m.durationMs ?? 0) > surely.ms || m.bytes > surely.bytes))
        add(
          'video.maybe-too-long',
          'warning',
          'X may refuse a video over 140 s or 512 MB from an account without Premium.',
          'Trim it, or try: X decides when the post is sent, and Clarion tells you.',
          { platform: spec.name },
          { segment },
        )
    for (const m of s.media)
      if (m.kind === 'video' && m.bytes >= inPieces.refused)
        add(
          'video.too-large-for-pieces',
          'error',
          `The video has ${gb(m.bytes)} GB. X takes a file in 1,000 pieces and has refused pieces of 5 MB, so that ${gb(inPieces.refused)} GB cannot go.`,
          'Export it smaller.',
          { actual: gb(m.bytes), limit: gb(inPieces.refused) },
          { segment },
        )
      else if (m.kind === 'video' && m.bytes > inPieces.surely)
        add(
          'video.maybe-too-large',
          'warning',
          `X takes a file in 1,000 pieces, surely ones of 1 MiB; a video of ${gb(m.bytes)} GB needs larger ones and may be refused.`,
          'Export it below 1 GB, or try: Clarion tells you what X says.',
          { actual: gb(m.bytes), platform: spec.name },
          { segment },
        )
    const tags = cashtags(s.text)
    if (tags.length > 1)
      add(
        'text.cashtags',
        'error',
        `X lets apps use one cashtag in a post; this one has ${tags.length}.`,
        'Keep one cashtag.',
        { limit: 1, actual: tags.length },
        { segment },
      )
  })
  const comment = draft.firstComment?.trim() ?? ''
  const max = limitsFor(spec, draft).text.max
  if (text.count(comment) > max)
    add(
      'comment.length',
      'error',
      `The first comment is ${text.count(comment)} long; X takes ${max}.`,
      'Shorten the first comment.',
      { limit: max, actual: text.count(comment), platform: spec.name },
    )
  const parsed = settings.safeParse(draft.settings ?? {})
  if (!parsed.success) return out
  const { poll, shareWithFollowers, communityId } = parsed.data
  if (poll && (draft.segments[0]?.media.length ?? 0) > 0)
    add(
      'poll.media',
      'error',
      'A poll on X cannot have pictures.',
      'Remove the poll or the pictures of the first post.',
      {},
      { segment: 0 },
    )
  if (poll && !draft.segments[0]?.text.trim())
    add('poll.text', 'error', 'A poll on X needs a question.', 'Write the question in the text.', {}, { segment: 0 })
  if (shareWithFollowers && !communityId)
    add(
      'settings.shareWithFollowers',
      'error',
      'Showing to followers too only makes sense with a community.',
      'Choose a community or untick it.',
      { field: 'shareWithFollowers' },
    )
  return out
}

export const pure = { spec, text, limitsFor, check, cost } satisfies PlatformPure
