/**
 * Connect flows: how an account becomes a channel.
 *
 *   begin -> redirect --callback(state, once)--> finishing --+
 *         -> form     --answer-----------------------------> +--> no account, or the wrong one: failed
 *         -> code     --poll until the code is seen--------> +--> one account: done
 *                                                            +--> several: choose --choose--> done
 *
 * Over after 15 minutes. A form the network refuses stays a form, with the reason. Everything a flow learns on the way
 * (verifier, tokens before the choice) is sealed to the flow's own row.
 */
import { randomBytes } from 'node:crypto'
import type { ConnectFlow } from '#contract/channels.ts'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import { type Db, notify, topics } from '#infra/db/database.ts'
import { newId } from '#infra/ids.ts'
import type { KeyRing } from '#infra/secrets.ts'
import { type Realm, sandboxed } from '#kit/client/http.ts'
import {
  type ChannelOffer,
  type ConnectContext,
  type ConnectFinish,
  type Platform,
  rotates,
} from '#kit/client/platform.ts'
import type { Grant, Json } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import type { Way } from '#kit/facts/spec.ts'
import type { Credentials } from './credentials.ts'
import {
  type FlowPublic,
  type FlowRow,
  findFlow,
  flowByState,
  insertFlow,
  lockFlow,
  mayConnect,
  openFlow,
  publicOf,
  sealFlow,
  takeState,
  updateFlow,
} from './flow-store.ts'
import { type ChannelHttp, secretsOf } from './http.ts'
import { at, loopbackLiteral, refreshAt } from './rules.ts'
import { findChannel, listChannels, putChannel } from './store.ts'
import { putToken, sealGrant } from './token-store.ts'

/** A flow is over after this long (ms). */
export const flowLifeMs = 15 * 60_000

/** The longest a redirect answer may take to be traded (ms); after that the flow shows as failed. */
const tradeMs = 2 * 60_000

export type ConnectDeps = {
  db: Db
  clock: Clock
  keys: KeyRing
  platforms: ReadonlyMap<string, Platform>
  http: ChannelHttp
  credentials: Credentials
  /** The sandbox as the browser sees it; null when it is off. */
  browserSandboxUrl: string | null
  /** Where a platform sends the browser back: `<public URL>/oauth/<platform>/callback`; see `loopbackLiteral`. */
  redirectUri: (platform: string) => string
  /** Wakes publications held for the channel; runs in the transaction that connects it. */
  onReconnected: (trx: Db, channelId: string) => Promise<void>
  random?: () => number
}

export type Connect = {
  /** Starts a flow. A form already filled in is answered at once. @throws Problem not-found, sandbox-off, credentials-missing, connect-failed */
  begin: (o: {
    ws: string
    userId: string
    platform: string
    realm: Realm
    form: Record<string, string>
    channelId?: string
  }) => Promise<ConnectFlow>
  /** Where a flow stands; looks at the network once for a `code` flow. @throws Problem not-found */
  poll: (ws: string, id: string) => Promise<ConnectFlow>
  /** The fields of a form flow. @throws Problem not-found, connect-expired, conflict */
  answer: (ws: string, id: string, form: Record<string, string>) => Promise<ConnectFlow>
  /** The browser came back. Only the person who began the flow may end it. @throws Problem connect-failed, connect-expired, forbidden */
  callback: (platform: string, query: Record<string, string>, userId: string | null) => Promise<ConnectFlow>
  /** Connects the chosen accounts. @throws Problem not-found, connect-expired, conflict, validation */
  choose: (ws: string, id: string, externalIds: readonly string[]) => Promise<ConnectFlow>
}

export const createConnect = (deps: ConnectDeps): Connect => {
  const { db, clock, keys } = deps
  const random = deps.random ?? Math.random
  const date = (ms: number | null) => (ms === null ? null : new Date(ms))
  const over = (row: FlowRow) => row.expires_at.getTime() <= clock.now()
  const missing = () => new Problem('not-found', 'There is no such connection attempt.')

  const platformOf = (id: string): Platform => {
    const platform = deps.platforms.get(id)
    if (!platform) throw new Problem('not-found', `There is no platform "${id}".`)
    return platform
  }

  const context = async (ws: string, platform: Platform, realm: Realm, state: string): Promise<ConnectContext> => {
    const { id } = platform.spec
    if (realm === 'sandbox' && deps.browserSandboxUrl === null) throw new Problem('sandbox-off')
    const credentials = await deps.credentials.get(ws, id, realm)
    return {
      http: deps.http({ platform, realm, app: credentials, secrets: secretsOf(platform, null, credentials) }),
      realm,
      browserUrl: (url) => (realm === 'sandbox' ? sandboxed(new URL(url), deps.browserSandboxUrl!).href : url),
      credentials,
      redirectUri: loopbackLiteral(deps.redirectUri(id)),
      state,
      now: clock.now,
    }
  }

  /** The flow as the contract shows it. */
  const view = async (row: FlowRow): Promise<ConnectFlow> => {
    const p = publicOf(row)
    const ended = row.step === 'done' || row.step === 'failed'
    const step = (!ended && over(row) ? 'failed' : row.step === 'finishing' ? p.kind : row.step) as ConnectFlow['step']
    const mine = row.step === 'choose' || row.step === 'done' ? await listChannels(db, row.workspace_id) : []
    const offers = step === 'choose' ? (openFlow(keys, row).offers ?? []) : []
    return {
      id: row.id,
      platform: row.platform,
      realm: row.realm,
      step,
      // Spent addresses and codes are no use to anybody.
      url: (step === 'redirect' && p.url) || null,
      code: (step === 'code' && p.code) || null,
      link: p.link ?? null,
      instructions: p.instructions ?? null,
      offers: offers.map((o) => ({
        externalId: o.externalId,
        kind: o.kind,
        name: o.name,
        handle: o.handle,
        avatarUrl: o.avatarUrl,
        connected: mine.some(
          (c) => c.platform === row.platform && c.realm === row.realm && c.externalId === o.externalId,
        ),
      })),
      channels: mine.filter((c) => p.channelIds?.includes(c.id)),
      error: p.error ?? (step === 'failed' ? 'This connection attempt is over. Start connecting again.' : null),
      expiresAt: row.expires_at.toISOString(),
    }
  }
  const show = async (ws: string, id: string) => {
    const row = await findFlow(db, ws, id)
    if (!row) throw missing()
    return view(row)
  }

  const connectOne = async (trx: Db, row: FlowRow, offer: ChannelOffer, consent: Grant): Promise<string> => {
    const now = clock.now()
    const grant = offer.grant ?? consent
    const channelId = await putChannel(trx, {
      workspaceId: row.workspace_id,
      platform: row.platform,
      realm: row.realm,
      offer,
      now: new Date(now),
    })
    const refreshable = platformOf(row.platform).connect.refresh !== undefined
    await putToken(trx, {
      channelId,
      sealed: sealGrant(keys, channelId, grant),
      scopes: grant.scopes,
      expiresAt: date(at(grant.expiresAt)),
      refreshAt: date(refreshAt(grant, { now, refreshable, random })),
      now: new Date(now),
    })
    await deps.onReconnected(trx, channelId)
    await notify(trx, topics.live, { workspaceId: row.workspace_id, kind: 'channel', id: channelId, state: 'ok' })
    await notify(trx, topics.due, '')
    await notify(trx, topics.connected, '')
    return channelId
  }

  const connectAll = async (trx: Db, row: FlowRow, offers: ChannelOffer[], consent: Grant) => {
    const { connect, spec } = platformOf(row.platform)
    // Two channels on one rotating refresh token would end each other at the first renewal.
    if (offers.filter((o) => !o.grant).length > 1 && rotates(connect, () => consent))
      throw new Problem(
        'conflict',
        `${spec.name} renews one sign-in for one account only: connect these accounts one at a time.`,
      )
    const channelIds: string[] = []
    for (const offer of offers) channelIds.push(await connectOne(trx, row, offer, consent))
    await updateFlow(trx, row.id, {
      step: 'done',
      sealed: sealFlow(keys, row.id, { keep: null }),
      public: { ...publicOf(row), error: undefined, channelIds },
    })
  }

  const failed = (trx: Db, row: FlowRow, error: string) =>
    updateFlow(trx, row.id, {
      step: 'failed',
      sealed: sealFlow(keys, row.id, { keep: null }),
      public: { ...publicOf(row), error },
    })

  /** Tokens and accounts are here: connect, or let the person choose. */
  const finished = async (trx: Db, row: FlowRow, got: Exclude<ConnectFinish, { pending: string }>) => {
    const name = platformOf(row.platform).spec.name
    if (row.reconnects) {
      const channel = await findChannel(trx, row.workspace_id, row.reconnects)
      const offer = got.offers.find((o) => o.externalId === channel?.externalId)
      if (!channel) return failed(trx, row, 'The channel was removed meanwhile.')
      if (!offer) {
        const who = got.offers.map((o) => o.handle || o.name).join(', ') || 'no account'
        return failed(
          trx,
          row,
          `You signed in as ${who}, but this channel is ${channel.handle || channel.name}. Sign in to ${name} with that account and try again.`,
        )
      }
      return connectAll(trx, row, [offer], got.grant)
    }
    if (got.offers.length === 0) return failed(trx, row, `${name} showed no account that Clarion can publish to.`)
    if (got.offers.length === 1) return connectAll(trx, row, got.offers, got.grant)
    return updateFlow(trx, row.id, {
      step: 'choose',
      sealed: sealFlow(keys, row.id, { keep: null, grant: got.grant, offers: got.offers }),
      public: { ...publicOf(row), error: undefined },
    })
  }

  /**
   * One call of the platform's `finish`. No transaction is open while the network is asked, so that a slow network keeps no
   * database connection; where two answers race, the first one stored stands.
   */
  const finish = async (row: FlowRow, answer: Record<string, string>): Promise<void> => {
    const platform = platformOf(row.platform)
    const state = row.state.startsWith('taken:') ? (answer.state ?? '') : row.state
    const store = (write: (trx: Db) => Promise<void>) =>
      db.transaction().execute(async (trx) => {
        const now = await lockFlow(trx, row.workspace_id, row.id)
        if (now?.step === row.step && now.state === row.state) await write(trx)
      })
    const t = await context(row.workspace_id, platform, row.realm, state)
    let got: ConnectFinish
    try {
      got = await platform.connect.finish(t, answer, openFlow(keys, row).keep)
    } catch (error) {
      if (!(error instanceof PlatformFailure)) throw error
      const { message } = error.failure
      // A form can be corrected and a code looked for again; a redirect's code is spent.
      if (row.step === 'finishing') return store((trx) => failed(trx, row, message))
      return store((trx) => updateFlow(trx, row.id, { public: { ...publicOf(row), error: message } }))
    }
    if ('pending' in got) {
      const { pending } = got
      const shown = { ...publicOf(row), instructions: publicOf(row).instructions ?? pending, error: undefined }
      return store((trx) => updateFlow(trx, row.id, { public: shown }))
    }
    const { grant, offers } = got
    return store((trx) => finished(trx, row, { grant, offers }))
  }

  const answer = async (ws: string, id: string, form: Record<string, string>) => {
    const row = await findFlow(db, ws, id)
    if (!row) throw missing()
    if (over(row)) throw new Problem('connect-expired')
    if (row.step !== 'form') throw new Problem('conflict', 'This connection attempt is not waiting for a form.')
    checkForm(platformOf(row.platform), publicOf(row).way, form)
    await finish(row, form)
    return show(ws, id)
  }
  /** Code flows this process is looking at. */
  const looking = new Set<string>()

  return {
    begin: async (o) => {
      const platform = platformOf(o.platform)
      if (o.channelId) {
        const channel = await findChannel(db, o.ws, o.channelId)
        if (!channel) throw new Problem('not-found', 'There is no such channel.')
        if (channel.platform !== o.platform || channel.realm !== o.realm)
          throw new Problem('conflict', 'That channel belongs to another platform or realm.')
      }
      const way = wayOf(platform, o.form.way)
      if (way && way.connect !== 'form') checkForm(platform, way.id, o.form)
      if (o.realm === 'sandbox' && deps.browserSandboxUrl !== null) await deps.credentials.renewSandbox(o.platform)
      const state = randomBytes(32).toString('base64url')
      const t = await context(o.ws, platform, o.realm, state)
      const absent = (way?.credentials ?? []).filter((name) => !t.credentials[name])
      if (way && absent.length > 0) {
        const labels = platform.spec.credentials.filter((f) => absent.includes(f.name)).map((f) => f.label)
        throw new Problem(
          'credentials-missing',
          `${platform.spec.name} by ${way.label} needs ${labels.join(' and ')}: enter them in Settings -> Platforms.`,
        )
      }
      const begun = await platform.connect
        .begin(t, way ? { ...o.form, way: way.id } : o.form)
        .catch((error: unknown) => {
          throw error instanceof PlatformFailure ? new Problem('connect-failed', error.failure.message) : error
        })
      const now = clock.now()
      const id = newId(now)
      const { keep, ...shown } = begun
      await insertFlow(db, {
        id,
        workspace_id: o.ws,
        user_id: o.userId,
        platform: o.platform,
        realm: o.realm,
        state,
        step: begun.kind,
        sealed: sealFlow(keys, id, { keep: keep as Json }),
        public: { ...shown, ...(way ? { way: way.id } : {}) } satisfies FlowPublic,
        reconnects: o.channelId ?? null,
        created_at: new Date(now),
        expires_at: new Date(now + flowLifeMs),
      })
      return begun.kind === 'form' && Object.keys(o.form).length > 0 ? answer(o.ws, id, o.form) : show(o.ws, id)
    },

    poll: async (ws, id) => {
      const row = await findFlow(db, ws, id)
      // While somebody is looking already: show what there is.
      if (row?.step === 'code' && !over(row) && !looking.has(id)) {
        looking.add(id)
        await finish(row, {}).finally(() => looking.delete(id))
      }
      return show(ws, id)
    },

    answer,

    callback: async (platform, query, userId) => {
      const state = query.state
      const row = state ? await flowByState(db, platform, state) : undefined
      if (!row || !state)
        throw new Problem(
          'connect-failed',
          'This answer belongs to no connection that was started here, or it has been used already. Start connecting again.',
        )
      // Bound to who began it: nobody can be led into connecting their account to somebody else's workspace.
      if (row.user_id !== userId)
        throw new Problem(
          'forbidden',
          'Sign in, in this browser, as the person who started connecting, then start again.',
        )
      if (!(await mayConnect(db, row.workspace_id, row.user_id)))
        throw new Problem('forbidden', 'You may no longer connect channels in this workspace.')
      if (over(row)) throw new Problem('connect-expired')
      // Committed before the code is traded: whatever happens next, this answer is spent.
      const taken = await takeState(db, row.id, state, new Date(clock.now() + tradeMs))
      if (!taken) throw new Problem('connect-failed', 'This answer has been used already. Start connecting again.')
      // Also when it says `error`: the platform knows what its network means by it.
      await finish(taken, query).catch(async (error: unknown) => {
        await failed(db, taken, 'Connecting broke on our side. Start again.')
        throw error
      })
      return show(row.workspace_id, row.id)
    },

    choose: async (ws, id, externalIds) => {
      await db.transaction().execute(async (trx) => {
        const row = await lockFlow(trx, ws, id)
        if (!row) throw missing()
        if (over(row)) throw new Problem('connect-expired')
        if (row.step !== 'choose') throw new Problem('conflict', 'This connection attempt is not waiting for a choice.')
        const { grant, offers = [] } = openFlow(keys, row)
        const strange = externalIds.filter((x) => !offers.some((o) => o.externalId === x))
        if (strange.length > 0 || !grant)
          throw new Problem('validation', 'Choose from the accounts that were offered.', {
            errors: strange.map((x) => ({ path: 'externalIds', message: `${x} was not offered` })),
          })
        await connectAll(
          trx,
          row,
          offers.filter((o) => externalIds.includes(o.externalId)),
          grant,
        )
      })
      return show(ws, id)
    },
  }
}

/** The way asked for, or the first. Raises `validation` for one the platform does not have; undefined where there is only one. */
const wayOf = (platform: Platform, id: string | undefined): Way | undefined => {
  const { ways, name } = platform.spec
  if (!ways) return undefined
  const way = id === undefined ? ways[0] : ways.find((w) => w.id === id)
  if (!way)
    throw new Problem('validation', `${name} has no way "${id}".`, {
      errors: [{ path: 'form.way', message: `one of ${ways.map((w) => w.id).join(', ')}` }],
    })
  return way
}

const checkForm = (platform: Platform, wayId: string | undefined, form: Record<string, string>) => {
  const way = wayId === undefined ? undefined : wayOf(platform, wayId)
  const fields = (way ? way.form : platform.spec.connectForm) ?? []
  const errors = [
    ...fields
      .filter((f) => !f.optional && !form[f.name]?.trim())
      .map((f) => ({ path: `form.${f.name}`, message: `${f.label} is required` })),
    ...Object.keys(form)
      .filter((name) => !(way && name === 'way') && !fields.some((f) => f.name === name))
      .map((name) => ({ path: `form.${name}`, message: 'unknown field' })),
  ]
  if (errors.length > 0) throw new Problem('validation', 'Some fields are missing or unknown.', { errors })
}
