/** Accounts, locations, whether they are shown, their pictures (fact sheet §2). A false or empty member is left out of an answer. */
import { json } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { enter, invalidArgument, knownQuery, malformed, notFound, ownPlace, paged, refuse } from './door.ts'
import { pages } from './numbers.ts'
import { type GbpWorld, holdersOf, type Place, pictureOf } from './state.ts'

const accounts = (world: GbpWorld) => (req: SandboxRequest) => {
  const sub = enter(world, req)
  knownQuery(req, 'pageSize', 'pageToken', 'filter', 'parentAccount')
  const { items, next } = paged(req, holdersOf(world, sub), pages.accounts)
  return json(200, {
    ...(items.length > 0
      ? {
          accounts: items.map((h) => ({
            name: `accounts/${h.id}`,
            accountName: h.name,
            type: h.type,
            ...(h.type === 'PERSONAL' ? {} : { role: h.roles[sub], permissionLevel: 'OWNER_LEVEL' }),
            verificationState: 'VERIFIED',
            vettedState: 'NOT_VETTED',
          })),
        }
      : {}),
    ...next,
  })
}

/** Members of a location by the name a mask asks for them. */
const members: Record<string, (p: Place) => unknown> = {
  name: (p) => `locations/${p.id}`,
  title: (p) => p.title,
  storeCode: () => undefined,
  languageCode: () => 'en',
  storefrontAddress: (p) => ({
    regionCode: p.region,
    languageCode: 'en',
    locality: p.locality,
    ...(p.street ? { addressLines: [p.street] } : {}),
  }),
  websiteUri: (p) => p.website,
  phoneNumbers: (p) => (p.phone ? { primaryPhone: p.phone } : undefined),
  categories: (p) => ({ primaryCategory: p.category }),
  openInfo: () => ({ status: 'OPEN', canReopen: true }),
  profile: (p) => ({ description: `${p.title} in ${p.locality}.` }),
  metadata: (p) => ({
    placeId: `ChIJ${p.id}`,
    mapsUri: `https://maps.google.com/maps?cid=${p.id}`,
    newReviewUri: `https://search.google.com/local/writereview?placeid=ChIJ${p.id}`,
    canDelete: true,
    ...(p.voice === 'yes' ? { hasVoiceOfMerchant: true } : {}),
  }),
}

const masked = (req: SandboxRequest) => {
  const mask = (req.query.get('readMask') ?? '').split(',').filter(Boolean)
  if (mask.length === 0) malformed('read_mask', 'The field mask must be set.')
  const odd = mask.find((m) => !Object.hasOwn(members, m))
  if (odd !== undefined) malformed('read_mask', `Invalid field mask provided: ${odd}`)
  return (p: Place) =>
    Object.fromEntries(mask.flatMap((m) => (members[m]!(p) === undefined ? [] : [[m, members[m]!(p)]])))
}

const locations = (world: GbpWorld) => (req: SandboxRequest) => {
  const sub = enter(world, req)
  knownQuery(req, 'readMask', 'pageSize', 'pageToken', 'filter', 'orderBy')
  const show = masked(req)
  const mine = holdersOf(world, sub).map((h) => h.id)
  const { a } = req.params
  if (a !== '-' && !world.state.holders.some((h) => h.id === a)) notFound()
  if (a !== '-' && !mine.includes(a!)) refuse(403, 'The caller does not have permission')
  const places = world.state.places.filter((p) => p.holders.some((h) => (a === '-' ? mine.includes(h) : h === a)))
  const { items, next } = paged(req, places, pages.locations)
  return json(200, { ...(items.length > 0 ? { locations: items.map(show), totalSize: places.length } : {}), ...next })
}

/** A place by its bare name, as this person may see it. */
export const seenPlace = (world: GbpWorld, sub: string, id: string | undefined): Place => {
  const place = world.state.places.find((p) => p.id === id)
  if (!place) return notFound()
  if (!holdersOf(world, sub).some((h) => place.holders.includes(h.id)))
    return refuse(403, 'The caller does not have permission')
  return place
}

const location = (world: GbpWorld) => (req: SandboxRequest) => {
  const sub = enter(world, req)
  knownQuery(req, 'readMask')
  const show = masked(req)
  return json(200, show(seenPlace(world, sub, req.params.l)))
}

const voices: Record<Place['voice'], unknown> = {
  yes: { hasVoiceOfMerchant: true, hasBusinessAuthority: true },
  verify: { verify: {} },
  wait: { hasBusinessAuthority: true, waitForVoiceOfMerchant: {} },
  ownership: { resolveOwnershipConflict: {} },
  suspended: {
    hasBusinessAuthority: true,
    complyWithGuidelines: { recommendationReason: 'BUSINESS_LOCATION_SUSPENDED' },
  },
}

const voice = (world: GbpWorld) => (req: SandboxRequest) => {
  const sub = enter(world, req)
  knownQuery(req)
  return json(200, voices[seenPlace(world, sub, req.params.l).voice])
}

const media = (world: GbpWorld) => (req: SandboxRequest) => {
  const sub = enter(world, req)
  knownQuery(req, 'pageSize', 'pageToken')
  if (req.params.a === '-') invalidArgument()
  const { holder, place } = ownPlace(world, sub, req)
  const url = pictureOf(place)
  return json(200, {
    mediaItems: [
      {
        name: `accounts/${holder.id}/locations/${place.id}/media/logo`,
        mediaFormat: 'PHOTO',
        locationAssociation: { category: 'LOGO' },
        googleUrl: url,
        thumbnailUrl: url,
      },
    ],
    totalMediaItemCount: 1,
  })
}

export const profileRoutes = (world: GbpWorld): SandboxRoute[] => [
  route('accounts', 'GET mybusinessaccountmanagement.googleapis.com/v1/accounts', accounts(world)),
  route('locations', 'GET mybusinessbusinessinformation.googleapis.com/v1/accounts/:a/locations', locations(world)),
  route('location', 'GET mybusinessbusinessinformation.googleapis.com/v1/locations/:l', location(world)),
  route('voice', 'GET mybusinessverifications.googleapis.com/v1/locations/:l/VoiceOfMerchantState', voice(world)),
  route('media', 'GET mybusiness.googleapis.com/v4/accounts/:a/locations/:l/media', media(world)),
]
