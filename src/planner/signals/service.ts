/**
 * Webhooks: what networks tell us by themselves. The door (`receive`) answers handshakes, believes nobody without a good
 * signature, keeps each event once and is done; a job handles them row by row. An event decides nothing: it wakes the
 * engine, which looks for itself, and "gone" and "revoked" are believed after a look of our own.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import type { KeyRing } from '#infra/secrets.ts'
import type { Realm } from '#kit/client/http.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Verified, WebhookContext, WebhookReply, WebhookRequest } from '#kit/client/webhook.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import type { Calling } from '../channels/calling.ts'
import type { Credentials } from '../channels/credentials.ts'
import { type ChannelHttp, secretsOf } from '../channels/http.ts'
import type { Keeper } from '../channels/keeper.ts'
import { isReachable } from '../channels/reachable.ts'
import { createdBy } from '../published/created.ts'
import { markGone, nameLink, wakePublication } from '../publishing/wake.ts'
import { eventWait, renewMs, subscribeWait } from './rules.ts'
import * as store from './store.ts'

const sameText = (a: string, b: string): boolean => {
  const [x, y] = [a, b].map((s) => createHash('sha256').update(s).digest()) as [Buffer, Buffer]
  return timingSafeEqual(x, y)
}

/** One delivery holds at most this many events; the rest is dropped with a word in the log. */
const mostEvents = 1_000
/** Batches of one run of a job: a long backlog is worked off over several, so that a process can stop between them. */
const rounds = 10

/** The header our own sandbox's calls to our doors carry (lower case). */
export const sandboxSender = 'x-clarion-sandbox'

export type SignalsDeps = {
  db: Db
  clock: Pick<Clock, 'now'>
  keys: Pick<KeyRing, 'derive'>
  platforms: ReadonlyMap<string, Platform>
  credentials: Pick<Credentials, 'all' | 'door' | 'behind'>
  http: ChannelHttp
  call: Calling
  keeper: Pick<Keeper, 'markReconnect' | 'check'>
  /** Where networks reach us, without a slash at its end. */
  publicUrl: string
  /** Is there a sandbox whose webhooks come too? */
  sandbox: boolean
  /**
   * The word in `sandboxSender` without which nothing counts as the sandbox's; null: not asked for. Whoever uses the
   * sandbox may read its app secrets, and could sign with them.
   */
  sandboxWord?: string | null
  /** Brings the look at a publication's numbers forward. */
  countNow: (publicationId: string) => Promise<void>
  log: { info: (o: object, message: string) => void; warn: (o: object, message: string) => void }
}

export type Signals = {
  /**
   * What a workspace registers with the network: the address of the app it uses, and our word for it, the same for ever
   * (hex). The sandbox has a word of its own, so that it is never taken for the network.
   */
  door: (ws: string, platform: string, realm: Realm) => Promise<{ url: string; secret: string }>
  /**
   * Answers a delivery or a handshake. `key`: it came to the address of one app, and that app alone may have signed it.
   * @throws Problem `not-found`, `webhook-refused`, `network-failed` (the network's keys could not be fetched)
   */
  receive: (platform: string, request: WebhookRequest, key?: string) => Promise<WebhookReply>
  /**
   * A person asks through their network that we delete what we have of them. Gives the code under which `deletion` tells
   * how it stands. @throws Problem `not-found`, `webhook-refused`
   */
  forget: (platform: string, request: WebhookRequest) => Promise<string>
  /** How a request for deletion stands; null: there is none (kept for 30 days). */
  deletion: (platform: string, code: string) => Promise<'asked' | 'done' | 'open' | null>
  /** The job: handles events that are due. Gives when the next is (UTC), or null. */
  handleDue: () => Promise<Date | null>
  /** Has the network asked for events of a channel soon; call in the transaction that connects it. Does nothing where there are none. */
  subscribeSoon: (trx: Db, channelId: string) => Promise<void>
  /** The job: asks networks for the events of channels. Gives when the next is due (UTC), or null. */
  subscribeDue: () => Promise<Date | null>
  /** Forgets events of more than 30 days ago. */
  sweep: () => Promise<number>
}

export const createSignals = (d: SignalsDeps): Signals => {
  const { db, clock } = d
  const now = () => new Date(clock.now())
  const url = (platform: string) => `${d.publicUrl}/webhooks/${platform}`
  const secret = (platform: string, realm: Realm) =>
    d.keys.derive(`webhook/${platform}${realm === 'live' ? '' : `/${realm}`}`).toString('hex')
  const doorAt = (platform: string, key: string) => ({
    url: `${url(platform)}/${key}`,
    secret: d.keys.derive(`webhook/${platform}/live/${key}`).toString('hex'),
  })
  const door: Signals['door'] = async (ws, platform, realm) => {
    const key = realm === 'live' ? await d.credentials.door(ws, platform) : null
    return key === null ? { url: url(platform), secret: secret(platform, realm) } : doorAt(platform, key)
  }
  const subscribers = [...d.platforms.values()].filter((p) => p.webhook?.subscribe).map((p) => p.spec.id)
  /** Realms whose networks can reach our address. */
  const realms: Realm[] = [
    ...(isReachable(d.publicUrl) ? ['live' as const] : []),
    ...(d.sandbox ? ['sandbox' as const] : []),
  ]

  const contextOf = (
    platform: Platform,
    realm: Realm,
    credentials: Record<string, string>,
    at: { url: string; secret: string },
  ): WebhookContext => {
    const secrets = [...secretsOf(platform, null, credentials), at.secret]
    return { credentials, ...at, http: d.http({ platform, realm, app: credentials, secrets }), now: () => clock.now() }
  }

  /** One a set of app credentials: of the installation, of each workspace. None: nobody there could sign anything. */
  const contextsOf = async (platform: Platform, realm: Realm): Promise<WebhookContext[]> => {
    const { id } = platform.spec
    try {
      const at = { url: url(id), secret: secret(id, realm) }
      return (await d.credentials.all(id, realm)).map((credentials) => contextOf(platform, realm, credentials, at))
    } catch (error) {
      if (error instanceof Problem) return []
      throw error
    }
  }

  /** The one app behind an address of its own. */
  const contextAt = async (platform: Platform, key: string) => {
    const credentials = await d.credentials.behind(platform.spec.id, key)
    if (!credentials) throw new Problem('not-found', 'No app has this webhook address.')
    const t = contextOf(platform, 'live', credentials, doorAt(platform.spec.id, key))
    return [{ realm: 'live' as const, t }]
  }

  /** The realms that may have sent this, with what each would have signed with. */
  const contextsFor = async (platform: Platform, request: WebhookRequest) => {
    const fromSandbox = !d.sandboxWord || sameText(request.headers[sandboxSender] ?? '', d.sandboxWord)
    const found = await Promise.all(
      (d.sandbox && fromSandbox ? (['live', 'sandbox'] as const) : (['live'] as const)).map(async (realm) => ({
        realm,
        ts: await contextsOf(platform, realm),
      })),
    )
    return found.flatMap(({ realm, ts }) => ts.map((t) => ({ realm, t })))
  }

  const receive: Signals['receive'] = async (id, request, key) => {
    const platform = d.platforms.get(id)
    const hook = platform?.webhook
    if (!platform || !hook) throw new Problem('not-found', 'This network sends Clarion no webhooks.')
    const able = key === undefined ? await contextsFor(platform, request) : await contextAt(platform, key)
    const shaken = able.flatMap(({ t }) => hook.handshake?.(t, request) ?? [])
    const welcome = shaken.find((r) => r.status < 400) ?? shaken[0]
    if (welcome) return welcome
    if (request.method === 'GET') throw new Problem('not-found')

    const verdicts: Verified[] = []
    for (const { realm, t } of able) {
      const verdict = await verify(async () => hook.verify(t, request))
      verdicts.push(verdict)
      if (verdict !== 'ok') continue
      const events = hook.events(request)
      if (events.length > mostEvents)
        d.log.warn({ platform: id, events: events.length }, 'a webhook held more events than Clarion takes')
      const kept = await store.keepEvents(db, { platform: id, realm, events: events.slice(0, mostEvents), now: now() })
      d.log.info({ platform: id, realm, events: events.length, kept }, 'webhook')
      return { status: 200, body: '' }
    }
    const stale = verdicts.includes('stale')
    throw new Problem(
      'webhook-refused',
      stale ? 'It is rightly signed, but too old.' : 'Its signature is missing or wrong.',
    )
  }

  const forget: Signals['forget'] = async (id, request) => {
    const platform = d.platforms.get(id)
    const read = platform?.webhook?.deletion
    if (!platform || !read) throw new Problem('not-found', 'This network sends Clarion no requests for deletion.')
    for (const { realm, t } of await contextsFor(platform, request)) {
      const asked = read(t, request)
      if (!asked) continue
      // The same request again has the same code, and nobody guesses another's.
      const code = createHmac('sha256', t.secret)
        .update(`deletion/${asked.person}/${asked.at}`)
        .digest('hex')
        .slice(0, 24)
      const event = {
        key: store.deletionKey(code),
        account: asked.person,
        does: 'revoked' as const,
        ref: null,
        message: 'The person behind this account asked that their data be deleted. Connect it again to publish.',
        data: {},
        ...(asked.at > 0 ? { at: asked.at } : {}),
      }
      await store.keepEvents(db, { platform: id, realm, events: [event], now: now() })
      d.log.info({ platform: id, realm }, 'a person asked for deletion')
      return code
    }
    throw new Problem('webhook-refused', 'Its signature is missing or wrong.')
  }

  /** Keys that could not be fetched prove nothing about the sender: the network may send it again. */
  const verify = async (judge: () => Promise<Verified>): Promise<Verified> => {
    try {
      return await judge()
    } catch (error) {
      if (error instanceof PlatformFailure) throw new Problem('network-failed', error.failure.message)
      throw error
    }
  }

  const isDeletion = (e: store.EventRow) => e.key.startsWith(store.deletionKey(''))

  type Outcome = { outcome: string; again?: true }

  /** A network may say so before its own pages show it: what a look denies is looked at again after the first waits. */
  const denied = (e: store.EventRow): Outcome => ({
    outcome: 'denied',
    ...(e.tries < 2 ? { again: true as const } : {}),
  })
  const couldNotLook: Outcome = { outcome: 'could-not-look', again: true }

  /** "The post is gone" is believed when a look of our own does not find it. */
  const removed = async (e: store.EventRow, id: string, ref: string): Promise<Outcome> => {
    const p = await store.publishedPost(db, id)
    // Out already and taken away while its comment, or the end of a thread, is still to come.
    if (!p) return (await store.inWork(db, id)) ? { outcome: 'busy', again: true } : { outcome: 'ignored' }
    // A part of it (a reply): told, never marked.
    if (p.externalId === null || p.externalId === ref) {
      const created = await createdBy(db, id)
      const made = created.find((c) => c.id === ref) ?? created.at(-1)
      // The link may have been told only after the step was over.
      const post = made && { ...made, url: made.url ?? p.permalink }
      let seen: 'there' | 'gone' | 'unsure' = 'unsure'
      try {
        if (post) seen = await d.call(p.channelId, async (t, face) => (await face.isThere?.(t, post)) ?? 'unsure')
      } catch (error) {
        if (!(error instanceof PlatformFailure)) throw error
        if (error.failure.kind !== 'gone') return couldNotLook
        seen = 'gone'
      }
      if (seen === 'there') return denied(e)
      if (seen === 'unsure') {
        const message = e.message ?? 'The network says that the post is gone; Clarion cannot look.'
        await wakePublication(db, { id, message, now: now() })
        return { outcome: 'told' }
      }
    }
    const gone = await markGone(db, { id, ref, message: e.message, now: now() })
    return { outcome: gone ? 'removed' : 'ignored' }
  }

  const about = async (e: store.EventRow, channelIds: string[]): Promise<Outcome> => {
    if (e.ref === null) return { outcome: 'no-ref' }
    const id = await store.publicationBy(db, channelIds, e.ref, now())
    // It may have come before the answer that names it was stored.
    if (!id) return { outcome: 'unknown-ref', again: true }
    if (e.does === 'comment' || e.does === 'metrics') {
      await d.countNow(id)
      return { outcome: 'counted' }
    }
    if (e.does === 'removed') return removed(e, id, e.ref)
    if (e.url !== null && (await nameLink(db, { id, url: e.url, now: now() }))) return { outcome: 'named' }
    const outcome = await wakePublication(db, { id, message: e.message, now: now() })
    return outcome === 'busy' ? { outcome, again: true } : { outcome }
  }

  /** Does the network refuse us on this channel? Refused once more with a renewed token, where it has one. */
  const refusesUs = async (channelId: string): Promise<boolean> => {
    try {
      await d.call(channelId, async (t, face) => {
        if (face.verify) await face.verify(t)
        else if (face.account) await face.account(t)
        else await d.keeper.check(channelId)
      })
      return false
    } catch (error) {
      if (!(error instanceof PlatformFailure)) throw error
      if (error.failure.kind === 'reconnect' || error.failure.kind === 'refused-account') return true
      throw error
    }
  }

  /**
   * An account took our access away: believed when the network refuses us. A channel that was connected anew since is
   * left alone.
   */
  const revoked = async (e: store.EventRow, channelIds: string[]): Promise<Outcome> => {
    if (e.account === null) return { outcome: 'no-account' }
    let ended = 0
    let well = 0
    for (const channelId of channelIds) {
      const token = await db
        .selectFrom('channel_tokens')
        .select(['updated_at', 'generation'])
        .where('channel_id', '=', channelId)
        .executeTakeFirst()
      if (token && token.updated_at > (e.happened_at ?? e.received_at)) continue
      try {
        if (!(await refusesUs(channelId))) {
          well++
          continue
        }
      } catch (error) {
        if (!(error instanceof PlatformFailure)) throw error
        return couldNotLook
      }
      const reason = e.message ?? 'The account has taken Clarion’s access away. Connect it again to publish.'
      await d.keeper.markReconnect(channelId, reason, token?.generation)
      if (isDeletion(e)) await store.forgetPerson(db, channelId)
      ended++
    }
    if (ended > 0) return { outcome: 'revoked' }
    return well > 0 ? denied(e) : { outcome: 'ignored' }
  }

  const handle = async (e: store.EventRow): Promise<Outcome> => {
    const channelIds = (await store.channelsOf(db, e)).map((c) => c.id)
    if (channelIds.length === 0) return { outcome: 'no-channel' }
    return e.does === 'revoked' ? revoked(e, channelIds) : about(e, channelIds)
  }

  return {
    door,
    receive,
    forget,
    deletion: (platform, code) => store.deletionOf(db, platform, code),

    handleDue: async () => {
      for (let round = 0; round < rounds; round++) {
        const events = await store.claimEvents(db, now(), 20)
        if (events.length === 0) break
        for (const e of events.sort((a, b) => a.id - b.id)) {
          let done: Outcome
          try {
            done = await handle(e)
          } catch (err) {
            d.log.warn({ err, platform: e.platform, event: e.id }, 'a webhook event could not be handled')
            done = { outcome: 'broke', again: true }
          }
          const wait = done.again ? eventWait(e.tries) : null
          await store.endEvent(db, e.id, done.outcome, wait === null ? null : new Date(clock.now() + wait))
        }
      }
      return store.nextEvent(db)
    },

    subscribeSoon: async (trx, channelId) => {
      const row = await trx.selectFrom('channels').select('platform').where('id', '=', channelId).executeTakeFirst()
      if (row && subscribers.includes(row.platform)) await store.subscribeSoon(trx, channelId, now())
    },

    subscribeDue: async () => {
      await store.enrolChannels(db, subscribers, realms, now())
      for (let round = 0; round < rounds; round++) {
        const list = await store.claimSubscriptions(db, { now: now(), limit: 10, realms })
        if (list.length === 0) break
        for (const s of list) {
          try {
            const { workspace_id, platform, realm } = await db
              .selectFrom('channels')
              .select(['workspace_id', 'platform', 'realm'])
              .where('id', '=', s.channelId)
              .executeTakeFirstOrThrow()
            const here = await door(workspace_id, platform, realm)
            await d.call(s.channelId, async (t, { webhook }) => webhook?.subscribe?.({ ...t, ...here }))
            const at = clock.now()
            await store.endSubscription(db, s, {
              nextAt: new Date(at + renewMs),
              subscribedAt: new Date(at),
              failure: null,
            })
          } catch (err) {
            // Best effort: without webhooks everything works, only later.
            const failure = err instanceof PlatformFailure ? err.failure.message : 'Asking broke on our side.'
            d.log.warn({ err, channel: s.channelId }, 'the network could not be asked for webhooks; asked again later')
            const nextAt = new Date(clock.now() + subscribeWait(s.tries))
            await store.endSubscription(db, s, { nextAt, failure })
          }
        }
      }
      return store.nextSubscription(db, realms)
    },

    sweep: () => store.sweepEvents(db, now()),
  }
}
