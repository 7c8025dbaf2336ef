/** What goes to a channel, as the previews and the settings of its platform want it. */
import type { PreviewMedia, PreviewProps } from '#kit/web/slots.ts'
import { segmentsFor } from './draft.ts'
import type { Composer } from './use-composer.ts'

/** A file as previews want it; nothing while it is on its way. */
export const previewMedia = (composer: Composer, id: string): PreviewMedia[] => {
  const item = composer.media[id]
  if (!item) return []
  const { kind, url, width, height, durationMs, name, facts } = item
  const alt = composer.draft.alts[id] ?? item.alt
  return [
    { id, kind, url, posterUrl: kind === 'image' ? null : item.thumbUrl, alt, width, height, durationMs, name, facts },
  ]
}

/** What goes to a channel, segment by segment. */
export const previewSegments = (composer: Composer, channelId: string): PreviewProps['segments'] =>
  segmentsFor(composer.draft, channelId).map((segment) => ({
    text: segment.text,
    media: segment.mediaIds.flatMap((id) => previewMedia(composer, id)),
  }))
