/** Lists a person chooses from: the channel's playlists, and the categories that take uploads in its country. */
import type { ChannelContext, Option } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { categories as listCategories, myPlaylists } from './api.ts'

const accessOf = (t: ChannelContext) => ({ http: t.http, access: t.grant.access })

/** At most 500: ten pages, one unit each. */
const maxPages = 10

const playlists = async (t: ChannelContext): Promise<Option[]> => {
  const out: Option[] = []
  let page: string | undefined
  for (let n = 0; n < maxPages; n++) {
    const answer = await myPlaylists(accessOf(t), page)
    for (const { id, snippet, status, contentDetails } of answer.items) {
      const hint = [status?.privacyStatus, contentDetails?.itemCount].filter((x) => x !== undefined).join(' · ')
      const imageUrl = snippet.thumbnails?.default?.url
      out.push({ value: id, label: snippet.title || id, ...(hint ? { hint } : {}), ...(imageUrl ? { imageUrl } : {}) })
    }
    page = answer.nextPageToken
    if (!page) break
  }
  return out
}

const unlisted = new Set(['our-bug', 'gone'])

/** `region`: ISO 3166-1 alpha-2; the channel's own country by default. */
const categories = async (t: ChannelContext, params: Record<string, string>): Promise<Option[]> => {
  const country = params.region ?? t.channel.facts.country
  const region = typeof country === 'string' && /^[A-Z]{2}$/.test(country) ? country : 'US'
  const all = await listCategories(accessOf(t), region).catch((error: unknown) => {
    // A country YouTube has no list for.
    if (region === 'US' || !(error instanceof PlatformFailure) || !unlisted.has(error.failure.kind)) throw error
    return listCategories(accessOf(t), 'US')
  })
  return all.filter((x) => x.snippet.assignable).map((x) => ({ value: x.id, label: x.snippet.title }))
}

export const options = { playlists, categories }
