/**
 * One attempt: from a claim to a verdict. Walks the plan, journals each step before it begins and after it ends, looks at
 * the network where an answer was lost, and leaves the publication in a state the next attempt (maybe in another process)
 * can go on from. It decides nothing itself: `rules.ts` does.
 */

import type { Platform } from '#kit/client/platform.ts'
import type { Created, Json, Outcome, PlannedStep, StepContext, StepView, Witness } from '#kit/client/steps.ts'
import { plan } from '#kit/client/steps.ts'
import { type Failure, PlatformFailure } from '#kit/spec/failures.ts'
import { secretsOf } from '../channels/http.ts'
import { holdChannel } from './commands.ts'
import type { PublishingDeps } from './deps.ts'
import { type Frozen, freeze, type Loaded, load, type StepRow, viewOf } from './frozen.ts'
import {
  afterFailure,
  afterLook,
  backlogAfterMs,
  defaultTries,
  type Look,
  late,
  nextMove,
  type StepRule,
} from './rules.ts'
import * as store from './store.ts'

/** A claim in work: `lost` is set by the heartbeat, `leaseUntil` moves with it. */
export type Work = { claim: store.Claim; leaseUntil: number; signal: AbortSignal }

/** Ends an attempt early with everything already written. */
class Settled extends Error {}

const defaultAtMostMs = 30 * 60_000

export const createAttempt = (d: PublishingDeps) => {
  const now = () => new Date(d.clock.now())

  const run = async (w: Work): Promise<void> => {
    const { claim: c } = w
    const platform = d.platforms.get(c.platform)
    const loaded = await load(d.db, c)
    if (!loaded) throw new store.LeaseLost(c.publicationId)
    if (!platform)
      return settle(c, {
        state: 'failed',
        verdict: 'failed',
        reason: 'platform-missing',
        message: `This Clarion has no platform "${c.platform}".`,
        now: now(),
      })
    if (!c.began) {
      const verdict = late(c.dueAt.getTime(), d.clock.now(), loaded.latePolicy)
      const minutes = Math.round((d.clock.now() - c.dueAt.getTime()) / 60_000)
      if (verdict === 'ask')
        return settle(c, {
          state: 'held',
          verdict: 'late',
          reason: 'late',
          message: `It is ${minutes} minutes late. Publish it now, choose another time, or cancel it.`,
          now: now(),
        })
      if (verdict === 'expire')
        return settle(c, {
          state: 'missed',
          verdict: 'late',
          reason: 'late',
          message: `It was ${minutes} minutes late, so it was not published, as the late policy says.`,
          now: now(),
        })
    }
    let frozen = loaded.frozen
    let fresh: Frozen | undefined
    try {
      if (!frozen) frozen = fresh = await freeze(d.db, d.media, platform, loaded)
    } catch (error) {
      return settle(c, {
        state: 'failed',
        verdict: 'failed',
        reason: 'content',
        message: `The content could not be prepared: ${(error as Error).message}`,
        now: now(),
      })
    }
    const session = new Session(w, platform, loaded, viewOf(c.publicationId, frozen, loaded, d.media, platform), fresh)
    try {
      for (const [position, planned] of session.planned.entries()) await session.step(planned, position)
      await session.publish()
    } catch (error) {
      if (!(error instanceof Settled)) throw error
    }
  }

  const settle = async (c: store.Claim, f: store.Finish): Promise<void> => {
    await store.finish(d.db, c, f)
    d.observe?.settled?.({ publicationId: c.publicationId, platform: c.platform, state: f.state })
  }

  class Session {
    readonly planned: PlannedStep[]
    private auth?: { grant: StepContext['grant']; credentials: Record<string, string> }
    private renewed = false
    private readonly w: Work
    private readonly platform: Platform
    private readonly loaded: Loaded
    private readonly view: StepView
    /** Set until the first step journals it. */
    private fresh: Frozen | undefined
    /** Why something after the create did not work. */
    private missed: Failure | undefined

    constructor(w: Work, platform: Platform, loaded: Loaded, view: StepView, fresh: Frozen | undefined) {
      this.w = w
      this.platform = platform
      this.loaded = loaded
      this.view = view
      this.fresh = fresh
      this.planned = plan(platform.publish, view)
    }

    private get c() {
      return this.w.claim
    }

    /** Brings one step to its end, or settles the attempt. */
    async step(p: PlannedStep, position: number): Promise<void> {
      const rule: StepRule = {
        again: p.step.options.again,
        hasWitness: !!p.step.options.witness,
        believeEmptyAfterMs: p.step.options.believeEmptyAfterMs ?? 0,
      }
      for (;;) {
        const row = this.loaded.steps.get(p.key)
        const move = nextMove(row, rule)
        if (move === 'skip') return
        if (move === 'ask') return this.ask(row?.failure ?? null)
        const over = move === 'look' ? await this.look(p, row!, rule) : await this.act(p, position, row, rule)
        if (over) return
      }
    }

    /** Begins and runs the step. True when it is done; false when the loop should decide anew. */
    private async act(p: PlannedStep, position: number, row: StepRow | undefined, rule: StepRule): Promise<boolean> {
      let t: StepContext
      let prepared = row?.prepared ?? null
      try {
        t = await this.context(p, row)
        if (prepared === null && p.step.options.prepare) prepared = await p.step.options.prepare(t)
      } catch (error) {
        // Nothing of this step has left us: whatever happened, it counts as a harmless failure.
        return this.failed(p, row, { ...rule, again: 'safe', hasWitness: false }, error, false)
      }
      const begun = d.clock.now()
      const create = p.step.name === 'create'
      await store.beginStep(d.db, this.c, {
        key: p.key,
        position,
        create,
        prepared,
        frozen: this.fresh,
        now: new Date(begun),
      })
      this.fresh = undefined
      const next: StepRow = {
        key: p.key,
        state: 'begun',
        times: (row?.times ?? 0) + 1,
        prepared,
        saved: row?.saved,
        checkpoint: null,
        failure: null,
        firstBegunAt: row?.firstBegunAt ?? begun,
        begunAt: begun,
        endedAt: null,
      }
      this.loaded.steps.set(p.key, next)
      let outcome: Outcome
      try {
        outcome = await p.step.run({ ...t, prepared: prepared as Json, firstBegunAt: next.firstBegunAt })
      } catch (error) {
        return this.failed(p, next, rule, error, true)
      }
      if ('wait' in outcome) return this.wait(p, next, outcome.wait)
      await this.done(p, next, outcome.done, 'step-done')
      return true
    }

    private async done(p: PlannedStep, row: StepRow, checkpoint: Json, event: string) {
      const at = d.clock.now()
      await store.endStep(d.db, this.c, { key: p.key, state: 'done', checkpoint, event, now: new Date(at) })
      this.loaded.steps.set(p.key, { ...row, state: 'done', checkpoint, failure: null, endedAt: at })
    }

    /** The network is still working on it: come back later, until it takes too long. */
    private async wait(p: PlannedStep, row: StepRow, wait: { ms: number; reason: string }): Promise<boolean> {
      const limit = p.step.options.atMostMs ?? defaultAtMostMs
      if (d.clock.now() - row.firstBegunAt > limit) {
        const message = `${this.platform.spec.name} did not finish processing within ${Math.round(limit / 60_000)} minutes.`
        return this.fail(p, { kind: 'try-later', code: `${this.platform.spec.id}.processing-timeout`, message })
      }
      return this.end({
        state: 'waiting',
        verdict: 'processing',
        reason: 'processing',
        message: wait.reason,
        nextAt: new Date(d.clock.now() + wait.ms),
        now: now(),
      })
    }

    /** Looks at the network after a lost answer. True when the step is done. */
    private async look(p: PlannedStep, row: StepRow, rule: StepRule): Promise<boolean> {
      let seen: Witness
      try {
        seen = await p.step.options.witness!(await this.context(p, row))
      } catch (error) {
        const failure = this.failureOf(error, true)
        if (failure.kind === 'reconnect' && (await this.renewedOnce(failure))) return false
        if (failure.kind === 'reconnect') return this.hold('reconnect', failure)
        if (failure.kind === 'too-fast')
          return this.end({
            state: 'waiting',
            verdict: 'looking',
            reason: failure.code,
            message: failure.message,
            nextAt: new Date(Date.parse(failure.until ?? '') || d.clock.now() + 60_000),
            failure,
            now: now(),
          })
        seen = { unsure: failure.message }
      }
      const kind: Look = 'found' in seen ? 'found' : 'absent' in seen ? 'absent' : 'unsure'
      await store.note(d.db, this.c, {
        event: `look-${kind}`,
        step: p.key,
        message: 'unsure' in seen ? seen.unsure : undefined,
        now: now(),
      })
      const after = afterLook(kind, row, rule, d.clock.now(), await this.looks(p.key, row.begunAt))
      switch (after.do) {
        case 'done':
          await this.done(p, row, (seen as { found: Json }).found, 'step-found')
          return true
        case 'again':
          // The network has nothing of ours: that look, in the journal, is what permits a second begin.
          await store.endStep(d.db, this.c, { key: p.key, state: 'refused', event: 'step-absent', now: now() })
          this.loaded.steps.set(p.key, { ...row, state: 'refused', failure: null })
          if (Math.max(row.times, this.loaded.tries + 1) < (d.maxTries ?? defaultTries)) return false
          return this.fail(
            p,
            row.failure ?? {
              kind: 'unknown-outcome',
              code: 'clarion.tries',
              message: `${this.platform.spec.name} did not take it in ${row.times} tries.`,
            },
          )
        case 'fail':
          await store.endStep(d.db, this.c, {
            key: p.key,
            state: 'refused',
            failure: after.failure,
            event: 'step-refused',
            message: after.failure.message,
            now: now(),
          })
          return this.remedy(p, after.failure)
        case 'look-later':
          if (row.state === 'begun')
            await store.endStep(d.db, this.c, {
              key: p.key,
              state: 'unknown',
              failure: row.failure,
              event: 'step-unknown',
              now: now(),
            })
          return this.end({
            state: 'waiting',
            verdict: 'looking',
            reason: 'looking',
            message: `The answer was lost. Clarion looks at ${this.platform.spec.name} before doing anything else.`,
            nextAt: new Date(d.clock.now() + after.ms),
            now: now(),
          })
        case 'ask':
          return this.ask(row.failure)
      }
    }

    private async looks(key: string, since: number): Promise<number> {
      const r = await d.db
        .selectFrom('journal')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .where('publication_id', '=', this.c.publicationId)
        .where('step', '=', key)
        .where('event', 'like', 'look-%')
        .where('at', '>=', new Date(since))
        .executeTakeFirstOrThrow()
      return Number(r.n)
    }

    /** A step threw. False when the loop should decide anew; settles otherwise. `begun`: was it journalled as begun? */
    private async failed(
      p: PlannedStep,
      row: StepRow | undefined,
      rule: StepRule,
      error: unknown,
      begun: boolean,
    ): Promise<boolean> {
      const failure = this.failureOf(error, rule.again !== 'safe')
      const mark = async (state: 'unknown' | 'refused', keep: boolean) => {
        if (!begun || !row) return
        await store.endStep(d.db, this.c, {
          key: p.key,
          state,
          failure: keep ? failure : null,
          event: state === 'unknown' ? 'step-unknown' : 'step-refused',
          message: failure.message,
          data: { code: failure.code, status: failure.status },
          now: now(),
        })
        this.loaded.steps.set(p.key, { ...row, state, failure: keep ? failure : null })
      }
      if (failure.kind === 'reconnect' && (await this.renewedOnce(failure))) {
        await mark('refused', false)
        return false
      }
      const verdict = afterFailure(
        failure,
        rule,
        { tries: this.loaded.tries, max: d.maxTries ?? defaultTries },
        d.clock.now(),
        d.random(),
      )
      switch (verdict.do) {
        case 'look':
          await mark('unknown', true)
          return false
        case 'ask':
          await mark('unknown', true)
          return this.ask(failure)
        case 'hold':
          // A refusal for want of a token or an account is believed: nothing was done.
          await mark('refused', true)
          return this.hold(verdict.reason, failure)
        case 'fail':
          await mark(failure.kind === 'unknown-outcome' && rule.again !== 'safe' ? 'unknown' : 'refused', true)
          return this.fail(p, failure)
        case 'wait': {
          await mark(verdict.step, false)
          const until = new Date(verdict.until)
          return this.end({
            state: 'waiting',
            verdict: failure.kind,
            reason: failure.code,
            message: failure.message,
            nextAt: until,
            countsTry: verdict.counts,
            channelNotBefore: verdict.channel ? until : null,
            failure,
            now: now(),
          })
        }
      }
    }

    /** One forced refresh per attempt: an access token may have died early. Not counted as a try. */
    private async renewedOnce(failure: Failure): Promise<boolean> {
      if (this.renewed || !this.platform.connect.refresh) return false
      this.renewed = true
      try {
        this.auth = await d.keeper.renew(this.c.channelId)
        await store.note(d.db, this.c, { event: 'token-renewed', message: failure.message, now: now() })
        return true
      } catch (error) {
        if (error instanceof PlatformFailure) return false
        throw error
      }
    }

    private remedy(p: PlannedStep, failure: Failure): Promise<boolean> {
      return failure.kind === 'refused-account' ? this.hold('blocked', failure) : this.fail(p, failure)
    }

    private async hold(reason: 'reconnect' | 'blocked', failure: Failure): Promise<never> {
      if (reason === 'reconnect') await d.keeper.markReconnect(this.c.channelId, failure.message)
      else
        await d.db
          .updateTable('channels')
          .set({ state: 'blocked', state_reason: failure.message })
          .where('id', '=', this.c.channelId)
          .execute()
      await this.settleHeld(reason, failure)
      await d.db.transaction().execute((trx) => holdChannel(trx, this.c.channelId, reason, failure.message, now()))
      throw new Settled()
    }

    private settleHeld = (reason: string, failure: Failure) =>
      settle(this.c, { state: 'held', verdict: failure.kind, reason, message: failure.message, failure, now: now() })

    /** The step is over without success. What comes after the create (a comment, a pin) does not undo a published post. */
    private fail(p: PlannedStep, failure: Failure): Promise<boolean> {
      if (p.step.name === 'comment' || p.step.name === 'finish') {
        this.missed ??= failure
        return Promise.resolve(true)
      }
      const creates = this.planned.filter((x) => x.step.name === 'create')
      const out = creates.filter((x) => this.loaded.steps.get(x.key)?.state === 'done')
      const first = out[0] && (this.loaded.steps.get(out[0].key)?.checkpoint as Created)
      const message =
        out.length > 0 ? `${out.length} of ${creates.length} posts are out. ${failure.message}` : failure.message
      return this.end({
        state: 'failed',
        verdict: failure.kind,
        reason: failure.code,
        message,
        externalId: first?.id,
        permalink: first?.url,
        failure,
        now: now(),
      })
    }

    private ask(failure: Failure | null): Promise<never> {
      const message = `The answer of ${this.platform.spec.name} was lost and Clarion cannot look there. Please look: is the post there, or should it be published again?`
      return this.end({
        state: 'unconfirmed',
        verdict: 'unconfirmed',
        reason: failure?.code ?? 'no-answer',
        message,
        failure,
        now: now(),
      })
    }

    private async end(f: store.Finish): Promise<never> {
      await settle(this.c, f)
      throw new Settled()
    }

    /** Every step is done. */
    async publish(): Promise<void> {
      const at = d.clock.now()
      const first = this.planned.find((p) => p.step.name === 'create')!
      const row = this.loaded.steps.get(first.key)
      const created = (row?.checkpoint ?? { id: null, url: null }) as Created
      const went = row?.endedAt ?? at
      const latenessMs = went - this.c.dueAt.getTime()
      const backlog = latenessMs > backlogAfterMs
      await settle(this.c, {
        state: 'published',
        verdict: 'published',
        reason: this.missed?.code ?? null,
        message: this.missed ? `The post is out, but not everything after it worked: ${this.missed.message}` : null,
        failure: this.missed ?? null,
        externalId: created.id,
        permalink: created.url,
        publishedAt: new Date(went),
        latenessMs,
        resetTries: true,
        channelNotBefore: backlog ? new Date(at + this.platform.spec.pace.backlogGapMs) : null,
        now: new Date(at),
      })
      d.observe?.published?.({ publicationId: this.c.publicationId, platform: this.c.platform, latenessMs })
    }

    /** An error as a failure. What is not the network's doing is our bug - or an unknown outcome, when a request may have left. */
    private failureOf(error: unknown, mayHaveActed: boolean): Failure {
      if (error instanceof store.LeaseLost) throw error
      if (error instanceof PlatformFailure) return error.failure
      d.log.error(
        { publication: this.c.publicationId, err: error },
        'a step threw something that is not a platform failure',
      )
      return {
        kind: mayHaveActed ? 'unknown-outcome' : 'our-bug',
        code: 'clarion.bug',
        message: 'Something broke inside Clarion while publishing.',
        raw: String((error as Error).stack ?? error).slice(0, 2000),
      }
    }

    private async context(p: PlannedStep, row: StepRow | undefined): Promise<StepContext> {
      this.auth ??= await d.keeper.grant(this.c.channelId)
      const { grant, credentials } = this.auth
      const { c, w } = this
      const http = d.http({
        platform: this.platform,
        realm: this.loaded.channel.realm,
        secrets: secretsOf(this.platform, grant, credentials),
        signal: w.signal,
        fetch: d.fetch,
        beforeSend: async () => {
          await d.beforeSend?.()
          // The fence closest to the wire: a worker that slept through its lease must not send any more.
          if (w.signal.aborted || d.clock.now() >= w.leaseUntil) throw new store.LeaseLost(c.publicationId)
        },
      })
      return {
        ...this.view,
        http,
        grant,
        credentials,
        index: p.index,
        done: <C extends Json>(key: string) => {
          const s = this.loaded.steps.get(key)
          return s?.state === 'done' ? (s.checkpoint as C) : undefined
        },
        prepared: (row?.prepared ?? null) as Json,
        saved: row?.saved as Json | undefined,
        save: async (progress) => {
          await store.saveStep(d.db, c, p.key, progress)
          const current = this.loaded.steps.get(p.key)
          if (current) this.loaded.steps.set(p.key, { ...current, saved: progress })
        },
        now: () => d.clock.now(),
        firstBegunAt: row?.firstBegunAt ?? d.clock.now(),
        signal: w.signal,
      }
    }
  }

  return { run }
}
