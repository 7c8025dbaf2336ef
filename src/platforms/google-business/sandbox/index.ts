/**
 * The imitation of Google Business Profile: people who manage locations in accounts, posts whose photo is really fetched and
 * that Google checks before it shows or rejects them, quotas by the minute, daily numbers that come late.
 * Facts: fact sheet google-business.md; numbers: `numbers.ts`.
 */
import { defineImitation, type LedgerPost } from '#kit/sandbox/imitation.ts'
import { revokeTokens } from '#kit/sandbox/tokens.ts'
import { googleFault } from '../../families/google/sandbox/answers.ts'
import { googleOAuthHosts, googleOAuthRoutes, meantForGoogle, mintGoogle } from '../../families/google/sandbox/oauth.ts'
import * as n from './numbers.ts'
import { performanceRoutes } from './performance.ts'
import { postRoutes } from './posts.ts'
import { profileRoutes } from './profile.ts'
import { css, render } from './render.ts'
import {
  findOrInvent,
  type GbpState,
  type GbpWorld,
  nameOf,
  type Place,
  type Post,
  personAccount,
  pictureOf,
  placeAccount,
  seed,
  stateOf,
} from './state.ts'

const ledgerPost = (world: GbpWorld, p: Post): LedgerPost => ({
  id: nameOf(p),
  account: p.place,
  text: p.summary,
  media: p.photos.map((m) => ({ key: m.blob, mime: m.mime, alt: '' })),
  kind: p.topicType.toLowerCase(),
  replyTo: null,
  at: p.at,
  url: `https://local.google.com/place?id=${p.place}&use=posts&lpsid=${p.id}`,
  raw: p.raw,
  // A rejected post nobody can see.
  ...(p.deleted || stateOf(world, p) === 'REJECTED' ? { deleted: true } : {}),
})

const voices: readonly Place['voice'][] = ['yes', 'verify', 'wait', 'ownership', 'suspended']

const act = (world: GbpWorld, action: { do: string; [k: string]: string }): void => {
  const place = world.state.places.find((p) => p.id === action.location) ?? world.state.places[0]!
  if (action.do === 'doom') world.state.doom.push(action.when === 'later' ? 'reject-later' : 'reject')
  else if (action.do === 'disable') world.state.off.push(action.api ?? 'mybusiness.googleapis.com')
  else if (action.do === 'standing') place.voice = voices.find((v) => v === action.is) ?? 'suspended'
  else if (action.do === 'lose-role') {
    for (const h of world.state.holders.filter((x) => place.holders.includes(x.id))) h.roles = {}
  } else if (action.do === 'move') place.holders = [action.to ?? '0']
  else
    throw new Error(
      'on Google one can: doom {when: now|later} (the next post is rejected), disable {api}, standing {location, is}, lose-role {location}, move {location, to}',
    )
  world.changed()
}

export default defineImitation<GbpState>({
  platform: 'google-business',
  name: 'Google Business Profile',
  hosts: [
    ...googleOAuthHosts,
    'mybusinessaccountmanagement.googleapis.com',
    'mybusinessbusinessinformation.googleapis.com',
    'mybusinessverifications.googleapis.com',
    'mybusiness.googleapis.com',
    'businessprofileperformance.googleapis.com',
  ],
  seed,
  knobs: {
    /** How long Google checks a new post (ms of the virtual clock). */
    processingMs: 8_000,
    /** A new post shows in the list this much later (ms). */
    listLagMs: 5_000,
    /** Requests a minute to each API; 0: the project was never approved. */
    qpm: n.qpm,
    /** Changes a minute to one profile. */
    editsAMinute: n.editsAMinute,
  },
  routes: (world) => [
    ...googleOAuthRoutes(world, {
      network: 'Google Business Profile',
      scopes: n.scopeWords,
      accounts: () => world.state.people.map(personAccount),
      person: (account) => {
        const p = world.state.people.find((x) => x.sub === account)
        return p && { sub: p.sub, name: p.name, email: p.email, picture: personAccount(p).avatar }
      },
    }),
    ...profileRoutes(world),
    ...postRoutes(world),
    ...performanceRoutes(world),
  ],
  answers: meantForGoogle,
  posts: (world) => world.state.posts.map((p) => ledgerPost(world, p)),
  accounts: (world) => world.state.places.map((p) => ({ ...placeAccount(p), avatar: pictureOf(p) })),
  tokens: (world, account) => {
    const person = findOrInvent(world, account)
    const holder = world.state.holders.find((h) => h.roles[person.sub] !== undefined)
    const place = world.state.places.find((p) => holder !== undefined && p.holders.includes(holder.id))
    const issued = mintGoogle(world, { account: person.sub, scopes: [n.SCOPE], offline: true })
    return {
      credentials: { ...world.state.google.app },
      tokens: {
        ...issued,
        ...(holder ? { account: `accounts/${holder.id}` } : {}),
        ...(holder && place ? { location: `accounts/${holder.id}/locations/${place.id}` } : {}),
      },
    }
  },
  revoke: (world, account) => {
    const person = account === undefined ? undefined : findOrInvent(world, account)
    revokeTokens(world.state.google.tokens, (t) => person === undefined || t.account === person.sub)
    world.changed()
  },
  faultAnswer: (_world, status) => googleFault(status, 'rpc'),
  act,
  render,
  css,
})
