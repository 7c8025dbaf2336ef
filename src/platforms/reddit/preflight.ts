/** What only Reddit's own rules can say, and the pure half of the platform for browser and server. */
import { type AddFinding, type Draft, type Finding, findingList, type PlatformPure } from '#kit/facts/preflight.ts'
import { codepoints, isBlank } from '#kit/facts/text.ts'
import { againstRules, type Said } from './community-rules.ts'
import { kindOf } from './kind.ts'
import { type Settings, settings, spec } from './spec.ts'
import { bareName, sameName, shownName, text } from './text.ts'

const commentMax = 10_000
/** Accounts below this are held back by many communities (fact sheet §7). */
const littleKarma = 10

const ofAccount = (facts: Record<string, unknown>, add: AddFinding) => {
  if (facts.suspended === true)
    add(
      'account.suspended',
      'error',
      'Reddit has suspended this account.',
      'Sign in at reddit.com and see what it asks for.',
    )
  if (facts.verifiedEmail === false)
    add(
      'account.email',
      'warning',
      'The e-mail address of this account is not verified.',
      'Verify it on reddit.com: some communities ask for it.',
    )
  if (typeof facts.karma === 'number' && facts.karma < littleKarma)
    add(
      'account.karma',
      'warning',
      `This account has ${facts.karma} karma. Many communities hold back posts of such accounts, and Reddit lets them post only every ten minutes or so.`,
      'Take part in communities by hand first.',
      { actual: facts.karma },
    )
}

const ofKind = (draft: Draft, s: Settings, add: AddFinding) => {
  const media = draft.segments[0]?.media ?? []
  const chosen = [media.length > 0 && 'media', s.poll && 'poll', s.link && 'link'].filter((x) => typeof x === 'string')
  if (chosen.length > 1)
    add(
      'kind.conflict',
      'error',
      `A post on Reddit is one thing: this one has ${chosen.join(' and ')}.`,
      'Keep one of them.',
      { kinds: chosen.join(', ') },
      { segment: 0 },
    )
  const film = media.find((m) => m.kind === 'video')
  if (film && !s.posterId)
    add(
      'video.poster',
      'error',
      'Reddit takes no video without a poster.',
      'Choose a picture that is shown before it plays.',
      { field: 'posterId' },
      { segment: 0, media: film.id },
    )
  if (film && s.posterId && draft.attachments && draft.attachments[s.posterId]?.kind !== 'image')
    add('video.poster-missing', 'error', 'The poster of the video is not a picture.', 'Choose another picture.', {
      field: 'posterId',
    })
  const pictures = media.filter((m) => m.kind === 'image').length
  if ((s.slides?.length ?? 0) > (pictures > 1 ? pictures : 0))
    add(
      'slides.count',
      'warning',
      'There are more captions than pictures in the gallery.',
      'Those without a picture are left out.',
      { limit: pictures > 1 ? pictures : 0, actual: s.slides!.length },
    )
  if (s.flairText && !s.flairId)
    add('flair.text-alone', 'warning', 'A flair text needs a flair.', 'Choose a flair that can be written on.', {
      field: 'flairId',
    })
}

const ofCommunity = (draft: Draft, s: Settings, say: (found: Said) => void, add: AddFinding) => {
  if (!s.subreddit) return
  const known = s.community && sameName(s.community.name, s.subreddit) ? s.community : undefined
  if (!known)
    return add(
      'community.unknown',
      'warning',
      `The rules of ${shownName(bareName(s.subreddit))} are not known here; Reddit checks them when the post goes out.`,
      'Choose the community in the composer to load its rules.',
      { place: shownName(bareName(s.subreddit)) },
    )
  const segment = draft.segments[0]
  const media = segment?.media ?? []
  for (const found of againstRules(known, {
    kind: kindOf({ media, settings: s }),
    title: s.title ?? '',
    body: segment?.text.trim() ?? '',
    link: s.link,
    flairId: s.flairId,
    spoiler: s.spoiler,
    pictures: media.length,
    captions: media.filter((_, i) => s.slides?.[i]?.caption).length,
  }))
    say(found)
}

const check = (draft: Draft): Finding[] => {
  const { out, add } = findingList(spec.id)

  ofAccount(draft.channel.facts, add)
  const comment = codepoints(draft.firstComment?.trim() ?? '')
  if (comment > commentMax)
    add(
      'comment.length',
      'error',
      `The first comment is ${comment} long; Reddit takes ${commentMax}.`,
      `Shorten it by ${comment - commentMax}.`,
      { limit: commentMax, actual: comment },
    )
  const parsed = settings.safeParse(draft.settings ?? {})
  if (!parsed.success) return out
  const s = parsed.data
  if (!s.subreddit)
    add('subreddit.required', 'error', 'Every post on Reddit goes to a community or to your profile.', 'Choose one.', {
      field: 'subreddit',
    })
  if (isBlank(s.title ?? ''))
    add('title.required', 'error', 'A post on Reddit needs a title.', 'Write one; it cannot be changed later.', {
      field: 'title',
      limit: 300,
    })
  ofKind(draft, s, add)
  ofCommunity(draft, s, (found) => add(found.kind, found.level, found.message, found.remedy, found.params), add)
  return out
}

export const pure = { spec, text, check } satisfies PlatformPure
