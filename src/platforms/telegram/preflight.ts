/** What only Telegram's own rules can say, and the pure half of the platform for browser and server. */
import { type AddFinding, type Draft, type Finding, findingList, type PlatformPure } from '#kit/facts/preflight.ts'
import type { PlatformSpec } from '#kit/facts/spec.ts'
import { captionMax, questionMax, settings, spec } from './spec.ts'
import { read, text, visible } from './text.ts'

/** A poll's text is its question. */
const limitsFor = (base: PlatformSpec, draft: Draft): Pick<PlatformSpec, 'text' | 'media'> => {
  const s = settings.safeParse(draft.settings ?? {})
  return s.success && s.data.poll ? { text: { ...base.text, max: questionMax }, media: base.media } : base
}

/** Markup does not count; a poll's question has none. */
const seen = (source: string, given: unknown): string => {
  const s = settings.safeParse(given ?? {})
  return s.success && !s.data.poll ? visible(source, s.data.parseMode) : source
}

const check = (draft: Draft): Finding[] => {
  const { out, add: put } = findingList(spec.id)
  const add: AddFinding = (kind, level, message, remedy, params, at = { segment: 0 }) =>
    put(kind, level, message, remedy, params, at)
  const parsed = settings.safeParse(draft.settings ?? {})
  const first = draft.segments[0]
  if (!parsed.success || !first) return out
  const s = parsed.data
  const { visible: shown, fault } = read(first.text, s.parseMode)
  if (s.parseMode !== 'plain') {
    const word = s.parseMode === 'html' ? 'HTML' : 'Markdown'
    // One rule for each language of markup, and a sentence of its own for each fault.
    if (fault)
      out.push({
        rule: `${spec.id}.text.${s.parseMode}`,
        kind: `text.fault.${fault.code}`,
        level: 'error',
        message: fault.message,
        remedy: `Correct the ${word}, or choose plain text.`,
        params: fault.params,
        segment: 0,
      })
  }
  if (first.media.length > 1 && first.media.some((m) => m.mime === 'image/gif'))
    add(
      'media.gif-alone',
      'error',
      'On Telegram a GIF stands alone in its message.',
      'Keep the GIF or the rest, not both.',
    )
  if (s.poll) {
    if (first.media.length > 0)
      add('poll.media', 'error', 'A poll on Telegram cannot have pictures.', 'Remove the poll or the pictures.')
    if (!first.text.trim())
      add('poll.text', 'error', 'A poll on Telegram needs a question.', 'Write the question in the text.')
    if (s.parseMode === 'html') add('poll.html', 'error', 'A poll question is plain text.', 'Choose plain text.')
    if (draft.channel.kind === 'channel' && !s.poll.anonymous)
      add('poll.anonymous', 'error', 'Polls in a Telegram channel are always anonymous.', 'Tick anonymous.')
  } else if (first.media.length > 0 && shown.length > captionMax)
    add(
      'caption.split',
      'warning',
      `A Telegram caption holds ${captionMax} characters; this text has ${shown.length}.`,
      'Clarion sends the pictures first and the text as a message right after.',
      { limit: captionMax, actual: shown.length },
    )
  if (s.topicId && draft.channel.kind === 'channel')
    add('settings.topicId', 'error', 'A channel has no topics.', 'Leave the topic empty.', { field: 'topicId' })
  if (s.pin && draft.channel.facts.canPin === false)
    add(
      'pin.right',
      'warning',
      'The bot may not pin messages here.',
      'Give the bot the right to edit messages (channel) or to pin (group).',
    )
  return out
}

export const pure = { spec, text, limitsFor, seen, check } satisfies PlatformPure
