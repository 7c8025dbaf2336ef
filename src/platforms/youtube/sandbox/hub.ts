/**
 * The WebSub hub (fact sheet §9): a subscription counts once the callback has repeated the challenge; what happens to
 * public videos is then sent to it as Atom, signed with the subscriber's secret.
 */
import { createHmac } from 'node:crypto'
import { formBody } from '#kit/sandbox/body.ts'
import { esc } from '#kit/sandbox/html.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { bodyUpTo } from '#kit/sandbox/uploads.ts'
import * as n from './numbers.ts'
import type { Subscription, YouTubeWorld } from './state.ts'
import { stamp } from './video.ts'

const topicOf = /^https:\/\/www\.youtube\.com\/(?:xml\/)?feeds\/videos\.xml\?channel_id=(UC[\w-]+)$/

const plain = (status: number, text: string): SandboxResponse => ({ status, text })

const subscribe =
  (world: YouTubeWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const form = formBody(req)
    const given = (name: string) => form?.get(`hub.${name}`) ?? ''
    if (!form) return plain(400, 'Content-Type must be application/x-www-form-urlencoded')
    if (given('mode') !== 'subscribe' && given('mode') !== 'unsubscribe')
      return plain(400, 'Invalid parameter: hub.mode')
    if (!topicOf.test(given('topic'))) return plain(400, 'Invalid parameter: hub.topic')
    if (!/^https?:\/\//.test(given('callback'))) return plain(400, 'Invalid parameter: hub.callback')
    if (given('secret').length >= 200) return plain(400, 'Invalid parameter: hub.secret')
    const lease = Number(given('lease_seconds') || n.hub.defaultLeaseSecs)
    if (!Number.isInteger(lease) || lease <= 0) return plain(400, 'Invalid parameter: hub.lease_seconds')
    const same = (s: Subscription) => s.callback === given('callback') && s.topic === given('topic')
    world.state.subscriptions = world.state.subscriptions.filter((s) => !same(s))
    if (given('mode') === 'subscribe')
      world.state.subscriptions.push({
        callback: given('callback'),
        topic: given('topic'),
        secret: given('secret'),
        until: world.now() + Math.min(lease, n.hub.maxLeaseSecs) * 1000,
        state: 'asked',
      })
    world.changed()
    return { status: 202, text: '' }
  }

/** Asks each new callback to repeat a challenge; one that does not is forgotten. */
const verify = async (world: YouTubeWorld, s: Subscription): Promise<boolean> => {
  const challenge = world.id(20)
  const url = new URL(s.callback)
  url.searchParams.set('hub.mode', 'subscribe')
  url.searchParams.set('hub.topic', s.topic)
  url.searchParams.set('hub.challenge', challenge)
  url.searchParams.set('hub.lease_seconds', String(Math.round((s.until - world.now()) / 1000)))
  try {
    const res = await world.fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(5_000) })
    return res.ok && (await bodyUpTo(res, 1_000))?.toString() === challenge
  } catch {
    return false
  }
}

const head =
  '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:at="http://purl.org/atompub/tombstones/1.0" xmlns="http://www.w3.org/2005/Atom">'

const feed = (world: YouTubeWorld, item: YouTubeWorld['state']['news'][number]): string => {
  const v = world.state.videos.find((x) => x.id === item.video)
  const channel = world.state.channels.find((c) => c.id === item.channel)
  const when = stamp(item.at).replace('Z', '+00:00')
  const home = `https://www.youtube.com/channel/${item.channel}`
  if (item.deleted || !v)
    return `${head}<at:deleted-entry ref="yt:video:${item.video}" when="${when}"><link href="https://www.youtube.com/watch?v=${item.video}"/><at:by><name>${esc(channel?.title ?? '')}</name><uri>${home}</uri></at:by></at:deleted-entry></feed>`
  return `${head}<link rel="hub" href="https://pubsubhubbub.appspot.com"/><link rel="self" href="https://www.youtube.com/xml/feeds/videos.xml?channel_id=${item.channel}"/><title>YouTube video feed</title><updated>${when}</updated><entry><id>yt:video:${v.id}</id><yt:videoId>${v.id}</yt:videoId><yt:channelId>${item.channel}</yt:channelId><title>${esc(v.snippet.title)}</title><link rel="alternate" href="https://www.youtube.com/watch?v=${v.id}"/><author><name>${esc(channel?.title ?? '')}</name><uri>${home}</uri></author><published>${stamp(v.publicAt ?? v.at).replace('Z', '+00:00')}</published><updated>${when}</updated></entry></feed>`
}

/** New subscriptions are verified, and what happened is sent. */
export const hubTick = async (world: YouTubeWorld): Promise<void> => {
  const { subscriptions, news } = world.state
  for (const s of subscriptions.filter((x) => x.state === 'asked')) {
    // Marked first: two ticks must not ask twice.
    s.state = 'active'
    if (!(await verify(world, s))) world.state.subscriptions = world.state.subscriptions.filter((x) => x !== s)
    world.changed()
  }
  if (news.length === 0) return
  for (const item of news.splice(0)) {
    const body = feed(world, item)
    for (const s of world.state.subscriptions) {
      if (s.state !== 'active' || s.until <= world.now() || topicOf.exec(s.topic)?.[1] !== item.channel) continue
      const signature: Record<string, string> = s.secret
        ? { 'x-hub-signature': `sha1=${createHmac('sha1', s.secret).update(body).digest('hex')}` }
        : {}
      world.deliver({
        url: s.callback,
        headers: { 'content-type': 'application/atom+xml', 'user-agent': 'FeedFetcher-Google', ...signature },
        body,
      })
    }
  }
  world.changed()
}

export const hubRoutes = (world: YouTubeWorld): SandboxRoute[] => [
  route('subscribe', 'POST pubsubhubbub.appspot.com/subscribe', subscribe(world), { writes: true }),
]
