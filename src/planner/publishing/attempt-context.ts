/** One attempt in work: what it knows, and what it hands to a step. */

import { Problem } from '#contract/problems.ts'
import { passes } from '#infra/db/trouble.ts'
import type { Hold } from '#infra/hold.ts'
import { type Http, redact } from '#kit/client/http.ts'
import type { Platform } from '#kit/client/platform.ts'
import { type Json, type PlannedStep, plan, type StepContext, type StepView } from '#kit/client/steps.ts'
import { type Failure, PlatformFailure } from '#kit/facts/failures.ts'
import { secretsOf } from '../channels/http.ts'
import { type ChannelGrant, operatorWaitMs } from '../channels/keeper.ts'
import type { Stopped } from './ahead.ts'
import type { EngineDeps } from './deps.ts'
import { type Frozen, type Loaded, type StepRow, viewOf } from './frozen.ts'
import { operators, type StepRule } from './rules.ts'
import type { Claim } from './store.ts'
import { idsOf, LeaseLost, saveStep } from './store.ts'
import type { GoOn } from './writes.ts'

/** What is read at once for all that one look has claimed, and handed out one by one. Undefined: the publication has vanished. */
export type Shared = {
  load: (publicationId: string) => Promise<Loaded | undefined>
  grant: (channelId: string) => Promise<ChannelGrant>
}

/**
 * A claim in work. `leaseUntil` (epoch ms) moves with the heartbeat; `signal` aborts when the lease is gone, `hold` ends with
 * the attempt. `goOn`: asked when it is published, gives the lease with which its channel may go on.
 */
export type Work = {
  claim: Claim
  leaseUntil: number
  signal: AbortSignal
  hold: Hold
  shared: Shared
  goOn: () => GoOn | undefined
}

export type AttemptContext = {
  readonly d: EngineDeps
  readonly w: Work
  readonly platform: Platform
  readonly loaded: Loaded
  readonly view: StepView
  readonly planned: readonly PlannedStep[]
  /** Set until the first step journals it. */
  fresh: Frozen | undefined
  /** Why something after the create did not work. */
  missed: Failure | undefined
  /** The step whose end is journalled together with the attempt's. */
  last: { key: string; times: number; checkpoint: Json; event: 'step-done' | 'step-found'; at: number } | undefined
  auth: ChannelGrant | undefined
  renewed: boolean
  /** Epoch ms when this attempt's first request of the first create left; null: none did. */
  sentAt: number | null
  /** Set while preparing ahead: takes what an attempt would end with, and settles. */
  ahead: ((s: Stopped) => Promise<never>) | undefined
}

export const startAttempt = (
  d: EngineDeps,
  w: Work,
  platform: Platform,
  loaded: Loaded,
  frozen: Frozen,
): AttemptContext => {
  const view = viewOf(w.claim.publicationId, frozen, loaded, d.media, platform, w.hold)
  const planned = plan(platform.publish, view)
  const fresh = loaded.frozen ? undefined : frozen
  return {
    d,
    w,
    platform,
    loaded,
    view,
    planned,
    fresh,
    missed: undefined,
    last: undefined,
    auth: undefined,
    renewed: false,
    sentAt: null,
    ahead: undefined,
  }
}

/**
 * Has a request of this run left? A step that broke before that has done nothing. `wrote`: the network has answered a
 * write of this run with success, so that no later failure of the same run proves that nothing was done. `sentAt`: epoch ms
 * when the first write left.
 */
export type Wire = { used: boolean; wrote: boolean; sentAt: number | null }

/**
 * What the keeper gives. Without the app's credentials (taken out of Settings or the environment, a sandbox that is off) no
 * call can be made; that is the operator's matter and says nothing about what is to go out, so it waits, with the sentence.
 */
const granted = async (walk: AttemptContext, ask: () => Promise<ChannelGrant>): Promise<ChannelGrant> => {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const until = new Date(walk.d.clock.now() + operatorWaitMs).toISOString()
    throw new PlatformFailure({ kind: 'too-fast', code: operators.app, message: error.message, until })
  }
}

/**
 * A worker that slept through its lease, or is to end, must not send any more; and what it would not send it does not begin,
 * or a create that never left would be in doubt.
 */
export const inHand = ({ d, w }: Pick<AttemptContext, 'd' | 'w'>): void => {
  if (w.signal.aborted || d.clock.now() >= w.leaseUntil) throw new LeaseLost(w.claim.publicationId)
}

/** All a step may touch. Fetches a good token the first time; raises PlatformFailure when there is none. */
export const contextOf = async (
  walk: AttemptContext,
  p: PlannedStep,
  row: StepRow | undefined,
  wire?: Wire,
): Promise<StepContext> => {
  const { d, w, platform, loaded } = walk
  walk.auth ??= await granted(walk, () => w.shared.grant(w.claim.channelId))
  const { grant, credentials } = walk.auth
  let writes = false
  const send = d.http({
    platform,
    realm: loaded.channel.realm,
    channelId: w.claim.channelId,
    app: credentials,
    secrets: secretsOf(platform, grant, credentials),
    signal: w.signal,
    repeats: p.step.options.again === 'safe' || p.step.options.again === 'keyed',
    fetch: d.fetch,
    beforeSend: async () => {
      await d.beforeSend?.()
      // The fence closest to the wire.
      inHand(walk)
      if (!wire) return
      wire.used = true
      if (writes) wire.sentAt ??= d.clock.now()
    },
  })
  const http: Http = async (r) => {
    writes ||= r.method !== 'GET'
    const reply = await send(r)
    if (wire && r.method !== 'GET' && reply.status < 300) wire.wrote = true
    return reply
  }
  return {
    ...walk.view,
    http,
    grant,
    credentials,
    index: p.index,
    done: <C extends Json>(key: string) => {
      const s = loaded.steps.get(key)
      return s?.state === 'done' ? (s.checkpoint as C) : undefined
    },
    prepared: (row?.prepared ?? null) as Json,
    saved: row?.saved as Json | undefined,
    save: async (progress) => {
      await saveStep(d.db, w.claim, p.key, progress)
      const current = loaded.steps.get(p.key)
      if (current) loaded.steps.set(p.key, { ...current, saved: progress })
    },
    now: () => d.clock.now(),
    firstBegunAt: row?.firstBegunAt ?? d.clock.now(),
    signal: w.signal,
  }
}

/** An error as a failure. What is not the network's doing is our bug - or an unknown outcome, when a request may have left. */
export const failureOf = (walk: AttemptContext, error: unknown, mayHaveActed: boolean): Failure => {
  if (error instanceof LeaseLost) throw error
  const { auth, platform } = walk
  const secrets = auth ? secretsOf(platform, auth.grant, auth.credentials) : []
  if (error instanceof PlatformFailure) {
    // What a step makes out of an answer by itself has not been through the client's redaction.
    const { message, raw, ...failure } = error.failure
    return { ...failure, message: redact(message, secrets), ...(raw && { raw: redact(raw, secrets) }) }
  }
  // Too many connections, a restart: it says nothing about the post. Between two calls of a create it leaves a doubt.
  if (passes(error))
    return mayHaveActed
      ? {
          kind: 'unknown-outcome',
          code: 'clarion.database-away',
          message: 'The database broke off while this was being published.',
        }
      : {
          kind: 'try-later',
          code: 'clarion.database-away',
          message: 'The database could not be asked at that moment. Clarion tries again by itself.',
        }
  walk.d.log.error({ ...idsOf(walk.w.claim), err: error }, 'a step threw something that is not a platform failure')
  return {
    kind: mayHaveActed ? 'unknown-outcome' : 'our-bug',
    code: 'clarion.bug',
    message: 'Something broke inside Clarion while publishing.',
    raw: redact(String((error as Error).stack ?? error), secrets).slice(0, 2000),
  }
}

/** How soon a token that could not be renewed is asked for again, where nobody named a time (ms). */
const renewAgainMs = 60_000

/**
 * One forced refresh per attempt: an access token may have died early. Not counted as a try. `over`: it cannot be renewed,
 * so the refusal is believed. A failure: renewing could not be asked for, which is no verdict on the token; it is told
 * instead of the refusal, and waited out.
 */
export const renewedOnce = async (walk: AttemptContext): Promise<'renewed' | 'over' | Failure> => {
  if (walk.renewed || !walk.platform.connect.refresh) return 'over'
  walk.renewed = true
  try {
    walk.auth = await granted(walk, () => walk.d.keeper.renew(walk.w.claim.channelId, walk.auth?.generation))
    return 'renewed'
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error
    const failure = failureOf(walk, error, false)
    if (failure.kind === 'reconnect') return 'over'
    if (failure.kind === 'too-fast' || failure.kind === 'refused-account') return failure
    const until = failure.until ?? new Date(walk.d.clock.now() + renewAgainMs).toISOString()
    return { ...failure, kind: 'too-fast', until }
  }
}

/** What a step's options mean to the rules. */
export const ruleOf = (p: PlannedStep): StepRule => ({
  again: p.step.options.again,
  hasWitness: !!p.step.options.witness,
  believeEmptyAfterMs: p.step.options.believeEmptyAfterMs ?? 0,
})
export const nowOf = (walk: AttemptContext) => new Date(walk.d.clock.now())
