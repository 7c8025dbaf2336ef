/** The Video resource as it is sent (fact sheet §3.1). Only the parts that carry something are named. */
import type { Json, StepView } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import type { Settings } from './spec.ts'

const refuse = (word: string, message: string) =>
  new PlatformFailure({ kind: 'refused-content', code: `youtube.${word}`, message })

/** The one video of the post. */
export const videoOf = (t: Pick<StepView<Settings>, 'segments'>) => {
  const media = t.segments.flatMap((s) => s.media)
  const [only] = media
  if (!only || media.length !== 1 || only.kind !== 'video')
    throw refuse('one-video', 'A post on YouTube is exactly one video.')
  return only
}

export const titleOf = (s: Settings): string => {
  if (!s.title?.trim()) throw refuse('title', 'A YouTube video needs a title. Write one in the YouTube settings.')
  return s.title.trim()
}
export const descriptionOf = (t: Pick<StepView<Settings>, 'segments'>): string => t.segments[0]?.text ?? ''

/** Raises `refused-content` when what a person must say was not said: it cannot be skipped by any way in. */
export const videoBody = (t: Pick<StepView<Settings>, 'segments' | 'settings'>): { body: Json; part: string } => {
  const { settings: s } = t
  if (s.madeForKids === undefined)
    throw refuse('kids-missing', 'YouTube must be told whether this video is made for kids. Choose in the settings.')
  const body = {
    snippet: {
      title: titleOf(s),
      description: descriptionOf(t),
      categoryId: s.category,
      ...(s.tags.length > 0 ? { tags: s.tags } : {}),
      ...(s.language ? { defaultLanguage: s.language } : {}),
      ...(s.audioLanguage ? { defaultAudioLanguage: s.audioLanguage } : {}),
    },
    status: {
      privacyStatus: s.privacy,
      selfDeclaredMadeForKids: s.madeForKids,
      license: s.license,
      embeddable: s.embeddable,
      publicStatsViewable: s.statsViewable,
      containsSyntheticMedia: s.syntheticMedia,
      ...(s.publishAt ? { publishAt: new Date(s.publishAt).toISOString() } : {}),
    },
    ...(s.paidPromotion ? { paidProductPlacementDetails: { hasPaidProductPlacement: true } } : {}),
  }
  return { body, part: Object.keys(body).join() }
}
