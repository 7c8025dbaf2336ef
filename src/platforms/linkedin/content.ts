/** The body of a post (fact sheet §3.1): what goes into `content`, from the frozen publication and its uploads. */
import { type Json, mediaIndices } from '#kit/client/steps.ts'
import { postUrn } from './spec.ts'
import { commentary } from './text.ts'
import type { T } from './upload.ts'

/** URNs of the files of the post, in order. */
export const assetsOf = (t: T): string[] => mediaIndices(t, 0).map((n) => t.done<{ urn: string }>(`upload:${n}`)!.urn)

const media = (t: T): Json => {
  const files = t.segments[0]!.media
  const urns = assetsOf(t)
  const [first] = files
  const alt = (n: number) => (files[n]!.alt.trim() ? { altText: files[n]!.alt.trim() } : {})
  if (!first) return {}
  if (first.kind === 'video') {
    const title = t.settings.video?.title
    return { media: { id: urns[0]!, ...(title ? { title } : {}) } }
  }
  // LinkedIn wants a title on a document.
  if (first.kind === 'document') return { media: { id: urns[0]!, title: t.settings.documentTitle ?? 'Document' } }
  return files.length === 1
    ? { media: { id: urns[0]!, ...alt(0) } }
    : { multiImage: { images: urns.map((id, n) => ({ id, ...alt(n) })) } }
}

const article = (t: T): Json => {
  const { article: a } = t.settings
  if (!a) return {}
  const thumbnail = t.done<{ urn: string }>('upload')?.urn
  return {
    article: {
      source: a.url,
      title: a.title,
      ...(a.description ? { description: a.description } : {}),
      ...(thumbnail ? { thumbnail } : {}),
    },
  }
}

const poll = (t: T): Json => {
  const { poll: p } = t.settings
  if (!p) return {}
  const options = p.options.map((text) => ({ text }))
  return { poll: { question: p.question, options, settings: { duration: p.duration } } }
}

/** The URN of the post that is passed on. */
export const reshareOf = (t: T): string | null => postUrn.exec(t.settings.reshareOf ?? '')?.[0] ?? null

/** The same in every repetition: LinkedIn knows a double by what it says. */
export const bodyOf = (t: T): Json => {
  const content = { ...(media(t) as object), ...(article(t) as object), ...(poll(t) as object) }
  const parent = reshareOf(t)
  return {
    author: t.channel.externalId,
    commentary: commentary(t.segments[0]!.text),
    visibility: t.settings.visibility,
    distribution: { feedDistribution: 'MAIN_FEED', targetEntities: [], thirdPartyDistributionChannels: [] },
    ...(Object.keys(content).length > 0 ? { content } : {}),
    ...(parent ? { reshareContext: { parent } } : {}),
    lifecycleState: 'PUBLISHED',
    isReshareDisabledByAuthor: !t.settings.allowReshare,
  }
}
