/** Numbers that grow with the sandbox's time (§6). */

import { json } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { badParam } from '../../families/meta/sandbox/envelope.ts'
import { listOf } from '../../families/meta/sandbox/params.ts'
import { answer, caller, notFound, ownProfile, stamp } from './door.ts'
import { DAY, demographicsFollowers, insightsFrom } from './numbers.ts'
import { type Account, accountById, type Post, postById, type ThWorld } from './state.ts'

/** The same post gets the same share of its audience each time: 0 to 1 from its id. */
const luck = (id: string, salt: number): number => {
  let h = salt
  for (const ch of id) h = (Math.imul(h, 31) + ch.charCodeAt(0)) >>> 0
  return (h % 1000) / 1000
}

/** Most views come in the first day, then slower and slower. */
export const countsAt = (world: ThWorld, p: Post) => {
  const followers = accountById(world, p.account)?.followers ?? 100
  const days = Math.max(0, world.now() - p.at) / DAY
  const views = Math.floor(followers * (0.4 + luck(p.id, 7)) * (1 - Math.exp(-days * 2.5)))
  const share = (most: number, salt: number) => Math.floor(views * most * (0.4 + 0.6 * luck(p.id, salt)))
  const answers = world.state.posts.filter((x) => x.replyTo === p.id && !x.deleted).length
  return {
    views,
    likes: share(0.07, 11),
    replies: answers + share(0.01, 13),
    reposts: share(0.012, 17),
    quotes: share(0.004, 19),
    shares: share(0.009, 23),
  }
}

const ofPost = ['views', 'likes', 'replies', 'reposts', 'quotes', 'shares']
const ofProfile = [
  'views',
  'likes',
  'replies',
  'reposts',
  'quotes',
  'clicks',
  'followers_count',
  'follower_demographics',
]

const asked = (req: SandboxRequest, allowed: readonly string[]): string[] => {
  const names = listOf(req.query.get('metric'))
  if (names.length === 0) badParam('The parameter metric is required')
  const unknown = names.find((x) => !allowed.includes(x))
  if (unknown) badParam(`metric[0] must be one of the following values: ${allowed.join(', ')} (not ${unknown})`)
  return names
}

const title = (name: string) => `${name[0]!.toUpperCase()}${name.slice(1)}`

export const postInsights =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['threads_manage_insights'])
    const p = postById(world, req.params.id) ?? notFound(req.params.id)
    if (p.account !== c.account.id) notFound(p.id)
    const names = asked(req, ofPost)
    if (p.kind === 'REPOST') return answer(c, { data: [] })
    const counts: Record<string, number> = countsAt(world, p)
    const data = names.map((name) => ({
      name,
      period: 'lifetime',
      values: [{ value: counts[name] }],
      title: title(name),
      description: `The number of ${name}.`,
      id: `${p.id}/insights/${name}/lifetime`,
    }))
    return answer(c, { data })
  }

type Window = { since: number; until: number }

const windowOf = (world: ThWorld, req: SandboxRequest): Window => {
  const until = Number(req.query.get('until') ?? Math.floor(world.now() / 1000))
  const since = Number(req.query.get('since') ?? until - 2 * (DAY / 1000))
  if (!(until > since) || since < insightsFrom) badParam(`since and until must be at least ${insightsFrom}, in order`)
  return { since, until }
}

const measured = (world: ThWorld, a: Account, name: string, w: Window): Record<string, unknown> => {
  const mine = world.state.posts.filter((p) => p.account === a.id && !p.deleted)
  const sum = (pick: (x: ReturnType<typeof countsAt>) => number) =>
    mine.reduce((n, p) => n + pick(countsAt(world, p)), 0)
  const days = Math.max(1, Math.round((w.until - w.since) / (DAY / 1000)))
  const daily = Math.floor(a.followers * 0.15)
  switch (name) {
    case 'views':
      return {
        values: Array.from({ length: days }, (_, i) => ({
          value: daily + (i === days - 1 ? sum((x) => x.views) : 0),
          end_time: stamp((w.since + (i + 1) * (DAY / 1000)) * 1000),
        })),
      }
    case 'clicks':
      return { link_total_values: [{ value: Math.floor(daily / 20) * days, link_url: 'https://example.com/menu' }] }
    case 'followers_count':
      return { total_value: { value: a.followers } }
    case 'follower_demographics':
      return { total_value: { breakdowns: [] } }
    default:
      return { total_value: { value: sum((x) => x[name as 'likes']) } }
  }
}

export const profileInsights =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['threads_manage_insights'])
    const a = ownProfile(c, req.params.id)
    // Not documented, and answered like this by the real one.
    if (listOf(req.query.get('metric')).includes('shares'))
      return json(
        500,
        { error: { message: 'An unknown error has occurred.', type: 'OAuthException', code: 1 } },
        c.headers,
      )
    const names = asked(req, ofProfile)
    const windowed = req.query.has('since') || req.query.has('until')
    if (names.includes('followers_count') && windowed) badParam('followers_count does not support since and until')
    if (names.includes('follower_demographics')) {
      if (!/^(country|city|age|gender)$/.test(req.query.get('breakdown') ?? ''))
        badParam('The parameter breakdown is required: country, city, age or gender')
      if (a.followers < demographicsFollowers) badParam(`${demographicsFollowers} followers are needed`)
    }
    const w = windowOf(world, req)
    const data = names.map((name) => ({
      name,
      period: 'day',
      title: name,
      description: `The number of ${name}.`,
      ...measured(world, a, name, w),
      id: `${a.id}/insights/${name}/day`,
    }))
    return answer(c, { data })
  }
