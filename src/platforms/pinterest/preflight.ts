/** What only Pinterest's own rules can say, and the pure half of the platform for browser and server. */
import { hostOf } from '#kit/facts/links.ts'
import { type Draft, type Finding, findingList, type PlatformPure } from '#kit/facts/preflight.ts'
import { codepoints } from '#kit/facts/text.ts'
import { settings, spec } from './spec.ts'
import { joinedAlt, text } from './text.ts'

const altMax = 500
const adviceVideoBytes = 1_000_000_000
/** Pinterest refuses some shorteners as hiding where they lead (§3). */
const shorteners = new Set(['bit.ly', 't.co', 'tinyurl.com', 'goo.gl', 'ow.ly', 'buff.ly', 'is.gd', 'cutt.ly'])
const byAddressOnly = (mime: string) => mime !== 'image/jpeg' && mime !== 'image/png'

const check = (draft: Draft): Finding[] => {
  const { out, add } = findingList(spec.id)

  const media = draft.segments[0]?.media ?? []
  const images = media.filter((m) => m.kind === 'image')
  const video = media.find((m) => m.kind === 'video')
  if (draft.channel.facts.trial === true)
    add(
      'channel.trial',
      'warning',
      'This channel is connected to Pinterest’s sandbox: only the account itself sees its pins.',
      'Request Standard access, enter it in Settings -> Platforms and connect again.',
    )
  const [first] = images
  const odd = images.find((m) => m.width && first?.width && (m.width !== first.width || m.height !== first.height))
  if (first && odd)
    add(
      'image.same-size',
      'error',
      `The pictures of a carousel must all have one size; here are ${first.width} x ${first.height} and ${odd.width} x ${odd.height}.`,
      'Crop the pictures to one size.',
      { width: first.width!, height: first.height!, otherWidth: odd.width!, otherHeight: odd.height! },
      { segment: 0, media: odd.id },
    )
  const alt = joinedAlt(images.map((m) => m.alt))
  if (images.length > 1 && codepoints(alt) > altMax)
    add(
      'carousel.alt',
      'error',
      `A carousel has one alt text of at most ${altMax}; those of its pictures come to ${codepoints(alt)}.`,
      'Shorten the alt texts.',
      { limit: altMax, actual: codepoints(alt) },
      { segment: 0 },
    )
  if (video && video.alt.length > altMax)
    add(
      'video.alt',
      'error',
      `The alt text is ${video.alt.length} long; Pinterest takes ${altMax}.`,
      'Shorten the alt text.',
      { limit: altMax, actual: video.alt.length },
      { segment: 0, media: video.id },
    )
  if (video && video.bytes > adviceVideoBytes && video.bytes <= spec.media.video!.maxBytes)
    add(
      'video.large',
      'warning',
      'Pinterest may refuse videos above 1 GB.',
      'Export it smaller to be safe.',
      { limit: adviceVideoBytes, actual: video.bytes },
      { segment: 0, media: video.id },
    )

  const parsed = settings.safeParse(draft.settings ?? {})
  if (!parsed.success) return out
  const s = parsed.data
  if (!s.boardId)
    add('board.required', 'error', 'Every pin belongs to a board.', 'Choose a board.', { field: 'boardId' })
  const pulled = images.filter((m) => s.delivery === 'link' || byAddressOnly(m.mime))
  if (pulled.length > 0)
    add(
      'image.pull',
      'warning',
      'Pinterest fetches this picture from this server, so its public address must be reachable from the internet.',
      'Use a JPEG or PNG and let Clarion upload it.',
      {},
      { segment: 0, media: pulled[0]!.id },
    )
  if (s.coverId && !video)
    add(
      'cover.without-video',
      'warning',
      'Only a video has a cover.',
      'The cover is not used; remove it or add a video.',
      { field: 'coverId' },
    )
  if (s.coverId && video && draft.attachments && draft.attachments[s.coverId]?.kind !== 'image')
    add('cover.missing', 'error', 'The cover of the video is not a picture.', 'Choose another picture.', {
      field: 'coverId',
    })
  if ((s.slides?.length ?? 0) > images.length)
    add(
      'slides.count',
      'warning',
      'There are more descriptions of pictures than pictures.',
      'Those without a picture are left out.',
      { limit: images.length, actual: s.slides!.length },
    )
  const links = [s.link, ...(s.slides ?? []).map((x) => x.link)].filter((x) => x !== undefined)
  const short = links.find((x) => shorteners.has(hostOf(x)))
  if (short)
    add(
      'link.shortener',
      'warning',
      'Pinterest often refuses links of shorteners as spam.',
      'Use the address the link leads to.',
      { host: hostOf(short) },
    )
  if (!s.title)
    add('title.missing', 'warning', 'This pin has no title.', 'People search by title: write one.', { limit: 100 })
  return out
}

export const pure = { spec, text, check } satisfies PlatformPure
