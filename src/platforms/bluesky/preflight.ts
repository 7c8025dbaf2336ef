/** What only Bluesky's own rules can say, and the pure half of the platform for browser and server. */
import { type Draft, type Finding, findingList, type PlatformPure } from '#kit/facts/preflight.ts'
import { graphemes, utf8Bytes } from '#kit/facts/text.ts'
import { settings, spec } from './spec.ts'
import { text } from './text.ts'

const check = (draft: Draft): Finding[] => {
  const { out, add } = findingList(spec.id)
  const parsed = settings.safeParse(draft.settings ?? {})
  if (!parsed.success) return out
  const s = parsed.data
  const withMedia = (draft.segments[0]?.media.length ?? 0) > 0
  if (s.linkCard && withMedia)
    add(
      'embed.one',
      'error',
      'Bluesky shows either pictures or a link card, not both.',
      'Remove the card or the pictures of the first post.',
      {},
      { segment: 0 },
    )
  for (const tag of s.tags)
    if (graphemes(tag) > 64 || utf8Bytes(tag) > 640)
      add('tags.length', 'error', `The tag "${tag.slice(0, 20)}…" is longer than 64 characters.`, 'Shorten the tag.', {
        limit: 64,
      })
  const comment = draft.firstComment?.trim() ?? ''
  if (text.count(comment) > spec.text.max || text.bytes!(comment) > spec.text.maxBytes!)
    add(
      'comment.length',
      'error',
      `The first comment is ${text.count(comment)} long; Bluesky takes ${spec.text.max}.`,
      'Shorten the first comment.',
      { limit: spec.text.max, actual: text.count(comment), platform: spec.name },
    )
  return out
}

export const pure = { spec, text, check } satisfies PlatformPure
