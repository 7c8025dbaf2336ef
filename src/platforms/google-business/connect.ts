/**
 * Google OAuth; one consent offers every location its person manages (fact sheet §2). Locations are asked for account by
 * account: a personal account lists only what it owns itself, and posts need to know the account. A place listed under
 * two accounts is one channel. All share the grant, which refreshing does not rotate.
 */
import type { ChannelOffer } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { googleOAuth } from '../families/google/oauth.ts'
import { type Access, type Location, listAccounts, listLocations, listMedia } from './api.ts'
import { addressOf, factsOf, idOf, standingOf } from './location.ts'

export const scope = 'https://www.googleapis.com/auth/business.manage'

/** Nobody chooses from more by hand; agencies connect in parts. */
const maxAccounts = 200
const maxLocations = 500
/** Each picture is a call of its own. */
const maxPictures = 20

const all = async <T>(
  ask: (pageToken?: string) => Promise<{ items: T[]; nextPageToken?: string }>,
  most: number,
): Promise<T[]> => {
  const out: T[] = []
  let token: string | undefined
  do {
    const page = await ask(token)
    out.push(...page.items)
    token = page.nextPageToken
  } while (token && out.length < most)
  return out.slice(0, most)
}

type Place = { account: string; location: Location }

const placesOf = async (c: Access): Promise<Place[]> => {
  const accounts = await all(async (token) => {
    const page = await listAccounts(c, token)
    return { items: page.accounts, nextPageToken: page.nextPageToken }
  }, maxAccounts)
  const places = new Map<string, Place>()
  for (const { name } of accounts) {
    if (places.size >= maxLocations) break
    const found = await all(async (token) => {
      const page = await listLocations(c, name, token)
      return { items: page.locations, nextPageToken: page.nextPageToken }
    }, maxLocations - places.size)
    for (const location of found)
      if (!places.has(location.name)) places.set(location.name, { account: name.slice('accounts/'.length), location })
  }
  return [...places.values()]
}

const wanted = ['PROFILE', 'LOGO', 'COVER']

/** A picture is a nicety: whatever goes wrong with it must not stop the connection. */
const pictureOf = async (c: Access, { account, location }: Place): Promise<string | null> => {
  try {
    const items = await listMedia(c, `accounts/${account}/${location.name}`)
    const [best] = wanted.flatMap((w) => items.filter((i) => i.locationAssociation?.category === w))
    return best?.thumbnailUrl ?? best?.googleUrl ?? null
  } catch (error) {
    if (error instanceof PlatformFailure) return null
    throw error
  }
}

const offerOf = async (c: Access, place: Place, withPicture: boolean): Promise<ChannelOffer> => {
  const { account, location } = place
  return {
    externalId: idOf(location),
    kind: 'location',
    name: location.title || location.storeCode || idOf(location),
    handle: addressOf(location) || location.storeCode || '',
    avatarUrl: withPicture ? await pictureOf(c, place) : null,
    profileUrl: location.metadata?.mapsUri ?? null,
    facts: { ...factsOf(location, await standingOf(c, location)), account },
  }
}

export const connect = googleOAuth({
  platform: 'google-business',
  name: 'Google',
  scopes: [scope],
  identify: async (t, grant) => {
    const c = { http: t.http, access: grant.access }
    const places = await placesOf(c)
    if (places.length === 0)
      throw new PlatformFailure({
        kind: 'not-permitted',
        code: 'google-business.no-location',
        message:
          'This Google account manages no business location. Connect again with the account that does, or create a profile at business.google.com first.',
      })
    const offers: ChannelOffer[] = []
    for (const [i, place] of places.entries()) offers.push(await offerOf(c, place, i < maxPictures))
    return offers
  },
})
