/** A location as a channel: what it is called, where its posts live, and whether Google shows them (fact sheet §2). */
import type { AccountNow, ChannelContext } from '#kit/client/platform.ts'
import type { Json } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { type Access, type Location, readLocation, voiceOfMerchant } from './api.ts'

export const accessOf = (t: Pick<ChannelContext, 'http' | 'grant'>): Access => ({
  http: t.http,
  access: t.grant.access,
})

export const idOf = (location: Location): string => location.name.slice('locations/'.length)

/** `accounts/1/locations/2`, the only name v4 takes. */
export const parentOf = ({ externalId, facts }: Pick<ChannelContext['channel'], 'externalId' | 'facts'>): string => {
  if (typeof facts.account === 'string' && facts.account) return `accounts/${facts.account}/locations/${externalId}`
  throw new PlatformFailure({
    kind: 'our-bug',
    code: 'google-business.no-account',
    message: 'Clarion does not know to which Google account this location belongs. Connect it again.',
  })
}

/** verify, wait, ownership, suspended: posts are not shown. unknown: Google would not say. */
export type Standing = 'ok' | 'verify' | 'wait' | 'ownership' | 'suspended' | 'unknown'

/**
 * Asks only for locations that do not say that all is well, for a member that is missing proves nothing. The API that
 * knows is an optional one: without it the standing is unknown, and Google has the last word when publishing.
 */
export const standingOf = async (c: Access, location: Location): Promise<Standing> => {
  if (location.metadata?.hasVoiceOfMerchant) return 'ok'
  try {
    const v = await voiceOfMerchant(c, idOf(location))
    if (v.hasVoiceOfMerchant) return 'ok'
    if (v.complyWithGuidelines) return 'suspended'
    if (v.resolveOwnershipConflict) return 'ownership'
    if (v.verify) return 'verify'
    return v.waitForVoiceOfMerchant ? 'wait' : 'unknown'
  } catch (error) {
    if (error instanceof PlatformFailure && ['not-permitted', 'gone'].includes(error.failure.kind)) return 'unknown'
    throw error
  }
}

/** `12 Quay Street, Harbor`: tells places of one name apart. */
export const addressOf = (l: Location): string =>
  [l.storefrontAddress?.addressLines?.[0], l.storefrontAddress?.locality].filter(Boolean).join(', ')

/** What preflight and the settings need to know. */
export const factsOf = (l: Location, standing: Standing): Record<string, Json> => ({
  standing,
  website: l.websiteUri ?? null,
  phone: Boolean(l.phoneNumbers?.primaryPhone),
  hotel: /^(categories\/)?gcid:.*(hotel|motel|resort|hostel)/.test(l.categories?.primaryCategory?.name ?? ''),
  language: l.languageCode ?? null,
  maps: l.metadata?.mapsUri ?? null,
})

export const account = async (t: ChannelContext): Promise<AccountNow> => {
  const c = accessOf(t)
  const location = await readLocation(c, t.channel.externalId)
  return { facts: factsOf(location, await standingOf(c, location)) }
}
