/** What only Google's own rules can say (fact sheet §3, §10), and the pure half of the platform for browser and server. */
import { type Draft, type Finding, findingList, type PlatformPure } from '#kit/facts/preflight.ts'
import { isBlank } from '#kit/facts/text.ts'
import { settings, spec } from './spec.ts'
import { holdsPhone, text } from './text.ts'
import { wallTime } from './wall-time.ts'

/** 10 KB is the least Google takes. */
const minImageBytes = 10_240

/** Why a location's posts would not be seen, by `facts.standing` (connect.ts). */
const standings: Record<string, { message: string; remedy: string }> = {
  verify: {
    message: 'This location is not verified on Google, so its posts are not shown.',
    remedy: 'Verify it at business.google.com.',
  },
  wait: {
    message: 'Google is still reviewing this location, so its posts are not shown.',
    remedy: 'Wait until Google has finished; it takes some days.',
  },
  ownership: {
    message: 'Another profile on Google stands for the same place, so posts of this one are not shown.',
    remedy: 'Ask for ownership, or settle the double profile, at business.google.com.',
  },
  suspended: {
    message: 'Google has suspended or disabled this location, so its posts are not shown.',
    remedy: 'Ask for reinstatement at business.google.com.',
  },
}

const check = (draft: Draft): Finding[] => {
  const { out, add } = findingList(spec.id)
  const { facts } = draft.channel

  const standing = String(facts.standing ?? 'ok')
  const bad = standings[standing]
  if (bad) add(`location.${standing}`, 'error', bad.message, bad.remedy)
  for (const [segment, { text: said, media }] of draft.segments.entries()) {
    if (holdsPhone(said))
      add(
        'text.phone',
        'warning',
        'There seems to be a phone number in the text. Google often rejects such posts.',
        'Take it out and use the Call button.',
        {},
        { segment },
      )
    for (const item of media)
      if (item.kind === 'image' && item.bytes < minImageBytes)
        add(
          'image.too-few-bytes',
          'error',
          `The picture has ${item.bytes} bytes; Google wants at least ${minImageBytes}.`,
          'Use a larger or more detailed picture.',
          { limit: minImageBytes, actual: item.bytes },
          { segment, media: item.id },
        )
  }

  const parsed = settings.safeParse(draft.settings ?? {})
  if (!parsed.success) return out
  const s = parsed.data
  if (s.topic === 'OFFER') {
    if (s.action)
      add(
        'action.offer',
        'warning',
        'An offer has its own button, so yours is left out.',
        'Put the address into "Where to redeem it".',
        { field: 'action' },
      )
    if (facts.hotel === true)
      add('offer.hotel', 'error', 'Google takes no offers of hotels.', 'Post it as an update or an event.', {
        field: 'topic',
      })
  } else if (s.action === 'CALL') {
    if (s.actionUrl)
      add(
        'action.call-url',
        'warning',
        'The Call button dials the number of the profile; its address is left out.',
        'Choose another button if it should lead somewhere.',
        { field: 'actionUrl' },
      )
    if (facts.phone === false)
      add(
        'action.call-phone',
        'warning',
        'This location has no phone number on Google, so the Call button has nothing to dial.',
        'Add a number at business.google.com, or choose another button.',
        { field: 'action' },
      )
  } else if (s.action && !s.actionUrl)
    add('action.url', 'error', 'The button leads nowhere.', 'Enter the address it should open.', {
      field: 'actionUrl',
    })
  if (s.topic === 'STANDARD') return out

  if (isBlank(s.eventTitle ?? ''))
    add('event.title', 'error', 'Events and offers need a title.', 'Write one of at most 58 characters.', {
      field: 'eventTitle',
      limit: 58,
    })
  if (!s.start || !s.end)
    add('event.schedule', 'error', 'Events and offers need a beginning and an end.', 'Enter both day and time.', {
      field: s.start ? 'end' : 'start',
    })
  // Both are wall times of one place, so their texts sort as their times do.
  else if (wallTime(s.start) && wallTime(s.end) && s.start >= s.end)
    add('event.order', 'error', 'It ends before it begins.', 'Correct the beginning or the end.', { field: 'end' })
  if (s.topic === 'EVENT' && s.repeat && s.repeatUntil && s.start && s.repeatUntil < s.start.slice(0, 10))
    add('event.repeat', 'error', 'It stops repeating before it begins.', 'Choose a later day.', {
      field: 'repeatUntil',
    })
  return out
}

export const pure = { spec, text, check } satisfies PlatformPure
