/** One pin as the API takes it. Unknown members are refused, so only what is set is sent (fact sheet §3). */
import { type Created, type Json, mediaIndices, type StepContext, type StepMedia } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import type { Settings } from './spec.ts'
import { joinedAlt } from './text.ts'

type T = StepContext<Settings>

export type PinKind = 'image' | 'multiple_images' | 'video'
/** What a `create` leaves: enough to look for the pin, and to ask for its numbers. */
export type CreatedPin = Created & { kind: PinKind; boardId: string }

export const mediaOf = (t: Pick<T, 'segments'>): StepMedia[] => t.segments[0]?.media ?? []

export const kindOf = (t: Pick<T, 'segments'>): PinKind => {
  const media = mediaOf(t)
  if (media.some((m) => m.kind === 'video')) return 'video'
  return media.length > 1 ? 'multiple_images' : 'image'
}

/** Preflight asks for the board; a pin without one must not leave. */
export const boardOf = (t: Pick<T, 'settings'>): string => {
  if (t.settings.boardId) return t.settings.boardId
  throw new PlatformFailure({
    kind: 'refused-content',
    code: 'pinterest.board-required',
    message: 'Every pin belongs to a board. Choose a board.',
  })
}

/** What a pin says, as it is sent and as it is looked for. */
export const wordsOf = (t: Pick<T, 'segments' | 'settings'>) => ({
  title: t.settings.title ?? '',
  description: t.segments[0]?.text.trim() ?? '',
  link: t.settings.link ?? '',
  alt: joinedAlt(mediaOf(t).map((m) => m.alt)),
})

const base64 = async (m: StepMedia) => Buffer.from(await (await m.blob()).arrayBuffer()).toString('base64')

/** The API takes JPEG and PNG in the call; anything else only from an address. */
const inCall = (m: StepMedia) => m.mime === 'image/jpeg' || m.mime === 'image/png'

/**
 * Pictures travel in the call unless the person chose otherwise: Pinterest then needs no way to this server, sees the
 * very rendition that was checked, and cannot fail at fetching. A set with a GIF in it goes by address as a whole, for
 * one call has one source type.
 */
const picture = async (m: StepMedia, pulled: boolean) =>
  pulled ? { url: await m.url() } : { content_type: m.mime, data: await base64(m) }

const pictures = async (t: T): Promise<Json> => {
  const list = mediaOf(t)
  const pulled = t.settings.delivery === 'link' || !list.every(inCall)
  if (list.length === 1)
    return { source_type: pulled ? 'image_url' : 'image_base64', ...(await picture(list[0]!, pulled)) }
  const items: Json[] = []
  // One after the other: five renditions at once would lie in memory together with their text form.
  for (const [i, m] of list.entries()) {
    const { title, description, link } = t.settings.slides?.[i] ?? {}
    items.push({
      ...(await picture(m, pulled)),
      ...(title ? { title } : {}),
      ...(description ? { description } : {}),
      ...(link ? { link } : {}),
    })
  }
  return { source_type: pulled ? 'multiple_image_urls' : 'multiple_image_base64', items, index: 0 }
}

/** A video must have a cover: a picture of ours by address or in the call, else a frame of the film. */
const cover = async (t: T): Promise<{ [member: string]: Json }> => {
  const own = t.settings.coverId ? t.attachments[t.settings.coverId] : undefined
  if (!own) return { cover_image_key_frame_time: t.settings.coverAtSeconds }
  if (t.settings.delivery === 'link') return { cover_image_url: await own.url() }
  return { cover_image_content_type: own.mime, cover_image_data: await base64(own) }
}

const source = async (t: T): Promise<Json> => {
  if (kindOf(t) !== 'video') return pictures(t)
  const at = mediaIndices(t, 0).find((i) => mediaOf(t)[i]?.kind === 'video')!
  return {
    source_type: 'video_id',
    media_id: t.done<{ mediaId: string }>(`upload:${at}`)!.mediaId,
    ...(await cover(t)),
  }
}

/** The body of `POST /v5/pins`. */
export const bodyOf = async (t: T): Promise<Json> => {
  const { title, description, link, alt } = wordsOf(t)
  const { sectionId, dominantColor, aiDisclosures } = t.settings
  return {
    board_id: boardOf(t),
    ...(sectionId ? { board_section_id: sectionId } : {}),
    ...(title ? { title } : {}),
    ...(description ? { description } : {}),
    ...(link ? { link } : {}),
    ...(alt ? { alt_text: alt } : {}),
    ...(dominantColor ? { dominant_color: dominantColor } : {}),
    ...(aiDisclosures?.length ? { ai_disclosures: { values: aiDisclosures } } : {}),
    media_source: await source(t),
  }
}
