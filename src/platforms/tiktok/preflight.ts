/** What only TikTok's own rules can say, and the pure half of the platform for browser and server. */
import { type AddFinding, type Draft, type Finding, findingList, type PlatformPure } from '#kit/facts/preflight.ts'
import type { PlatformSpec } from '#kit/facts/spec.ts'
import { readFacts } from './facts.ts'
import { settings, spec } from './spec.ts'
import { photoTextMax, text } from './text.ts'

const videoOf = (draft: Draft) => draft.segments[0]?.media.find((m) => m.kind === 'video')
const hasMedia = (draft: Draft) => (draft.segments[0]?.media.length ?? 0) > 0

/** Photos have a longer description; the account may have a shorter video limit than TikTok's ten minutes. */
const limitsFor = (base: PlatformSpec, draft: Draft): Pick<PlatformSpec, 'text' | 'media'> => {
  const { maxVideoSec } = readFacts(draft.channel.facts)
  const { video } = base.media
  const photos = hasMedia(draft) && !videoOf(draft)
  // A video goes up from here unless its setting says that TikTok shall fetch it; photos are always fetched.
  const source = (draft.settings as { source?: unknown } | null)?.source
  const media = { ...base.media, pull: photos || source === 'pull' }
  return {
    text: photos ? { ...base.text, max: photoTextMax } : base.text,
    media:
      video && maxVideoSec !== null
        ? { ...media, video: { ...video, maxMs: Math.min(video.maxMs ?? maxVideoSec * 1000, maxVideoSec * 1000) } }
        : media,
  }
}

type Read = { draft: Draft; s: ReturnType<typeof settings.parse>; f: ReturnType<typeof readFacts>; add: AddFinding }

/** Who may see it: no default, only what the account offers, never branded and private. */
const privacy = ({ s, f, add }: Read) => {
  if (!s.privacy)
    return add('settings.privacy', 'error', 'Choose who can view this post.', 'TikTok lets no app choose it for you.', {
      field: 'privacy',
    })
  if (f.privacyOptions && !f.privacyOptions.includes(s.privacy))
    add(
      'privacy.not-offered',
      'error',
      'TikTok does not offer this privacy for the account.',
      'Choose one of those it offers.',
      { actual: s.privacy, offered: f.privacyOptions.join(', ') },
    )
  if (!f.audited && s.privacy !== 'SELF_ONLY')
    add(
      'privacy.unaudited',
      'warning',
      'Until TikTok has audited your app it takes only "Only me" posts, and the account itself must be private.',
      'Choose "Only me", send it as a draft, or write "yes" under Settings -> Platforms once the app is audited.',
    )
}

/** Commercial disclosure: once it is on, one of the two must be chosen (fact sheet §3.7). */
const disclosure = ({ s, add }: Read) => {
  if (s.disclose && !s.yourBrand && !s.brandedContent)
    add(
      'disclosure.choose',
      'error',
      'Say whether the post promotes yourself, a third party, or both.',
      'Tick "Your brand" or "Branded content", or turn the disclosure off.',
    )
  if (!s.disclose && (s.yourBrand || s.brandedContent))
    add(
      'disclosure.off',
      'error',
      'A brand is ticked, but the disclosure is off.',
      'Turn the disclosure on, or untick the brand.',
    )
  if (s.disclose && s.brandedContent && s.privacy === 'SELF_ONLY')
    add(
      'disclosure.private',
      'error',
      'Branded content cannot be private.',
      'Choose another privacy, or untick "Branded content".',
    )
}

const interactions = ({ draft, s, f, add }: Read) => {
  const video = videoOf(draft) !== undefined
  const off = [
    s.allowComment && f.commentDisabled ? 'comments' : '',
    s.allowDuet && f.duetDisabled && video ? 'duet' : '',
    s.allowStitch && f.stitchDisabled && video ? 'stitch' : '',
  ].filter(Boolean)
  if (off.length > 0)
    add(
      'interaction.off',
      'warning',
      `The account has switched off: ${off.join(', ')}.`,
      'It stays off for this post. Change it in the TikTok app.',
      { what: off.join(', ') },
    )
}

const account = ({ f, add }: Read) => {
  if (f.cannotPost)
    add(
      'account.standstill',
      f.cannotPostCode === 'tiktok.banned' ? 'error' : 'warning',
      f.cannotPost,
      'Post later, or look into the TikTok app.',
      { why: f.cannotPost },
    )
}

const direct = (r: Read) => {
  const { draft, s, f, add } = r
  if (!f.canDirect)
    add(
      'mode.direct',
      'error',
      'This account is connected for drafts only.',
      'Send it as a draft, or connect the account again with "Post and make drafts".',
    )
  privacy(r)
  disclosure(r)
  interactions(r)
  account(r)
  if (!s.musicConsent)
    add(
      'settings.musicConsent',
      'error',
      "Agree to TikTok's Music Usage Confirmation.",
      'Read it and tick the box in the TikTok settings of this post.',
      { field: 'musicConsent' },
    )
  const video = videoOf(draft)
  if (video && s.coverMs !== undefined && video.durationMs !== null && s.coverMs > video.durationMs)
    add(
      'cover.after-end',
      'warning',
      'The cover frame lies after the end of the video.',
      'TikTok takes the first frame instead. Choose an earlier one.',
      { limit: video.durationMs, actual: s.coverMs },
    )
}

const inbox = ({ draft, f, add }: Read) => {
  if (!f.canInbox)
    add(
      'mode.inbox',
      'error',
      'This account is not connected for drafts.',
      'Connect it again and allow uploading drafts.',
    )
  if (videoOf(draft) && draft.segments[0]?.text.trim())
    add(
      'draft.caption',
      'warning',
      'A video draft carries no caption.',
      'Copy the text into the TikTok app when you finish the draft.',
      {},
      { segment: 0 },
    )
}

const check = (draft: Draft): Finding[] => {
  const { out, add } = findingList(spec.id)
  const parsed = settings.safeParse(draft.settings ?? {})
  if (!parsed.success) return out
  const r: Read = { draft, s: parsed.data, f: readFacts(draft.channel.facts), add }
  if (r.s.mode === 'direct') direct(r)
  else inbox(r)
  const photos = hasMedia(draft) && !videoOf(draft)
  const count = draft.segments[0]?.media.length ?? 0
  if (photos && r.s.mode === 'direct' && r.s.aiGenerated)
    add(
      'ai.photos',
      'warning',
      'TikTok may leave out the AI label on photos.',
      'Its interface for apps is not known to have the label for photo posts. Look at the post afterwards, and set the label in the TikTok app.',
      { field: 'aiGenerated' },
    )
  if (photos && r.s.coverIndex >= count)
    add(
      'cover.index',
      'error',
      `The cover is photo ${r.s.coverIndex + 1}, but there are ${count}.`,
      'Choose one of the photos.',
      { actual: r.s.coverIndex + 1, limit: count },
    )
  return out
}

export const pure = { spec, text, limitsFor, check } satisfies PlatformPure

// The settings form reads the same facts; from the browser side only this file is open.
export { type Facts, readFacts } from './facts.ts'
