/**
 * One attempt: from a claim to a verdict. Walks the plan, journals each step before it begins and after it ends, looks at
 * the network where an answer was lost, and leaves the publication in a state the next attempt (maybe in another process)
 * can go on from. It decides nothing itself: `rules.ts` does.
 */
import { type Reason, reasonOf } from '#contract/outcomes.ts'
import { isPublic } from '#contract/steps.ts'
import { FileChanged } from '#infra/storage.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Json, Outcome, PlannedStep, StepContext } from '#kit/client/steps.ts'
import type { Failure, FailureKind } from '#kit/facts/failures.ts'
import {
  type AttemptContext,
  contextOf,
  failureOf,
  inHand,
  nowOf,
  renewedOnce,
  ruleOf,
  startAttempt,
  type Wire,
  type Work,
} from './attempt-context.ts'
import { isTakenUp } from './backlog.ts'
import { mostDeaths, stoppedTooOften } from './deaths.ts'
import type { EngineDeps } from './deps.ts'
import { ask, end, fail, hold, publish, Settled, stepDone, surely, writeVerdict } from './endings.ts'
import { type Frozen, freeze, type Loaded, notPrepared, type StepRow } from './frozen.ts'
import { afterFailure, late, nextMove, type StepRule, waitedOut } from './rules.ts'
import { dropStale } from './stale.ts'
import { type Claim, LeaseLost, note, workedOn } from './store.ts'
import { askWitness, isTwin, twin } from './witness.ts'

const defaultAtMostMs = 30 * 60_000

/**
 * Runs one claim to its verdict, and gives the claim its channel goes on with, if it does. Raises `LeaseLost` when it is
 * no longer ours; any other error leaves the lease to run out.
 */
export const attempt = async (d: EngineDeps, w: Work): Promise<Claim | null> => {
  const { claim: c } = w
  const platform = d.platforms.get(c.platform)
  const loaded = await w.shared.load(c.publicationId)
  if (!loaded) throw new LeaseLost(c.publicationId)
  if (!platform) return giveUp(d, c, loaded, 'platform-missing', `This Clarion has no platform "${c.platform}".`)
  if (c.deaths >= mostDeaths) return giveUp(d, c, loaded, 'gave-up', stoppedTooOften)
  if (!loaded.begun && (await tooLate(d, w, loaded))) return null
  const made = await madeReady(d, w, platform, loaded)
  if (!made) return null
  const walk = startAttempt(d, w, platform, made.loaded, made.frozen)
  try {
    for (const [position, planned] of walk.planned.entries()) await step(walk, planned, position)
    return await publish(walk)
  } catch (error) {
    if (!(error instanceof Settled)) throw error
    return null
  }
}

/** Ends what cannot be worked on. Where an answer is missing a person is asked: it may be out. */
const giveUp = (d: EngineDeps, c: Claim, loaded: Loaded, reason: Reason, message: string): Promise<Claim | null> => {
  const open = [...loaded.steps.values()].some(
    (s) => isPublic(s.name) && (s.state === 'begun' || s.state === 'unknown'),
  )
  const look = ' An answer of the network is missing. Please look: is it there, or should it be published again?'
  return open
    ? writeVerdict(d, c, { event: 'ask', verdict: 'unconfirmed', reason, message: message + look })
    : writeVerdict(d, c, { event: 'fail', verdict: 'failed', reason, message })
}

const lateSince = (c: Claim): number => Math.max(c.dueAt.getTime(), c.began?.getTime() ?? 0)

/** How it is held when nothing of it is out and the operator's trouble lasts: with the trouble as the reason. */
const waitedLong = (failure: Failure) =>
  ({
    event: 'late-ask',
    verdict: failure.kind,
    reason: reasonOf(failure),
    message: `It has waited for a day. ${failure.message} Publish it once that is mended, choose another time, or cancel it.`,
    failure,
  }) as const

/**
 * The late policy, for a publication of which nothing can be out. Counts from the due time, or from the first step when
 * that came later: then a person sent it off by hand.
 */
const tooLate = async (d: EngineDeps, { claim: c }: Work, loaded: Loaded): Promise<boolean> => {
  const lateMs = d.clock.now() - c.dueAt.getTime()
  const verdict = late(lateSince(c), d.clock.now(), loaded.latePolicy)
  if (verdict === 'publish' || (await isTakenUp(d.db, c))) return false
  const minutes = Math.round(lateMs / 60_000)
  if (verdict === 'ask') {
    const message = `It is ${minutes} minutes late. Publish it now, choose another time, or cancel it.`
    await writeVerdict(d, c, { event: 'late-ask', verdict: 'late', reason: 'late', message })
  } else {
    const message = `It was ${minutes} minutes late, so it was not published, as the late policy says.`
    await writeVerdict(d, c, { event: 'late-expire', verdict: 'late', reason: 'late', message })
  }
  return true
}

/** Preparing content harms nobody and can be repeated. */
const preparing: StepRule = { again: 'safe', hasWitness: false, believeEmptyAfterMs: 0 }

/** What goes out: as it was prepared, if that is still the right thing, or frozen now. Null: neither could be, which is told. */
const madeReady = async (
  d: EngineDeps,
  { claim: c }: Work,
  platform: Platform,
  before: Loaded,
): Promise<{ loaded: Loaded; frozen: Frozen } | null> => {
  try {
    const loaded = await dropStale(d, c, platform, before)
    return { loaded, frozen: loaded.frozen ?? (await freeze(d.db, d.media, platform, loaded)) }
  } catch (error) {
    // With something public begun nothing is frozen here: what broke then is no word on the post.
    if (error instanceof LeaseLost || before.begun) throw error
    const failure = notPrepared(error)
    const again = failure && afterFailure(failure, preparing, before.tries, d.clock.now(), d.random())
    if (failure && again?.do === 'wait') {
      if (waitedOut(failure, lateSince(c), d.clock.now())) {
        await writeVerdict(d, c, waitedLong(failure))
        return null
      }
      const { message, kind: verdict } = failure
      const reason = reasonOf(failure)
      const wait = { nextAt: new Date(again.until), countsTry: again.counts, failure }
      await writeVerdict(d, c, { event: 'wait', verdict, reason, message, ...wait })
      return null
    }
    const told =
      failure && error instanceof FileChanged
        ? { reason: reasonOf(failure), message: failure.message, failure }
        : { reason: 'content' as const, message: `The content could not be prepared: ${(error as Error).message}` }
    await writeVerdict(d, c, { event: 'fail', verdict: 'failed', ...told })
    return null
  }
}

/** Brings one step to its end, or settles the attempt. */
export const step = async (walk: AttemptContext, p: PlannedStep, position: number): Promise<void> => {
  for (;;) {
    const row = walk.loaded.steps.get(p.key)
    const move = nextMove(row, ruleOf(p))
    if (move === 'skip') return
    if (move === 'ask') return void (await ask(walk, p, row?.failure ?? null))
    if (move === 'look' ? await askWitness(walk, p, row!) : await act(walk, p, position, row)) return
  }
}

/** When the first request of the first create left: up to there lateness is ours. */
const noteSent = (walk: AttemptContext, p: PlannedStep, wire: Wire): void => {
  if (p.step.name === 'create' && p.key === walk.planned.find((x) => x.step.name === 'create')?.key)
    walk.sentAt ??= wire.sentAt
}

/** Begins and runs the step. True when it is over; false when the loop should decide anew. */
const act = async (
  walk: AttemptContext,
  p: PlannedStep,
  position: number,
  row: StepRow | undefined,
): Promise<boolean> => {
  const { d, w, loaded } = walk
  const rule = ruleOf(p)
  // An earlier begin may have acted (a keyed step): until the network has spoken, no later failure proves otherwise.
  const doubt = rule.again !== 'safe' && (row?.state === 'begun' || row?.state === 'unknown')
  const harmless = doubt ? rule : { ...rule, again: 'safe' as const, hasWitness: false }
  const wire: Wire = { used: false, wrote: false, sentAt: null }
  let t: StepContext
  let prepared = row?.prepared ?? null
  try {
    t = await contextOf(walk, p, row, wire)
    if (prepared === null && p.step.options.prepare) prepared = await p.step.options.prepare(t)
  } catch (error) {
    // Nothing of this step has left us: whatever happened, it counts as a harmless failure.
    return failed(walk, p, doubt ? row : undefined, harmless, doubt, error)
  }
  inHand(walk)
  const begun = d.clock.now()
  const times = (row?.times ?? 0) + 1
  await surely(d, w.claim, () =>
    d.writes.begin(w.claim, {
      key: p.key,
      position,
      create: p.step.name === 'create',
      times,
      prepared,
      frozen: walk.fresh,
      now: new Date(begun),
    }),
  )
  walk.fresh = undefined
  const next: StepRow = {
    key: p.key,
    name: p.step.name,
    state: 'begun',
    times,
    prepared,
    saved: row?.saved,
    checkpoint: null,
    failure: null,
    firstBegunAt: row?.firstBegunAt ?? begun,
    begunAt: begun,
    endedAt: null,
  }
  loaded.steps.set(p.key, next)
  let outcome: Outcome
  try {
    Object.assign(wire, { used: false, wrote: false, sentAt: null })
    outcome = await p.step.run({ ...t, prepared: prepared as Json, firstBegunAt: next.firstBegunAt })
    noteSent(walk, p, wire)
  } catch (error) {
    noteSent(walk, p, wire)
    return failed(walk, p, next, wire.used ? rule : harmless, doubt, error, wire.wrote)
  }
  if ('wait' in outcome) return wait(walk, p, next, outcome.wait)
  // A repetition may have been handed the twin it was mistaken for (a guard against doubles names the older post).
  if (next.times > 1 && (await isTwin(walk, next, outcome.done)))
    return ask(walk, p, { kind: 'duplicate', code: 'clarion.twin', message: twin })
  await stepDone(walk, p, next, outcome.done, 'step-done')
  return true
}

/**
 * The network is still working on it: come back later, until it takes too long. What is in the network's hands after a
 * create may still go out, so that ends in a question and never in "failed".
 */
const wait = async (
  walk: AttemptContext,
  p: PlannedStep,
  row: StepRow,
  w: { ms: number; reason: string },
): Promise<boolean> => {
  const { d, platform } = walk
  const limit = p.step.options.atMostMs ?? defaultAtMostMs
  const now = d.clock.now()
  // The exact count costs a read, so it is asked for only when the wall says that it may be over.
  if (now - row.firstBegunAt > limit && (await workedOn(d.db, walk.w.claim, row.firstBegunAt, now)) > limit) {
    const { name, id } = platform.spec
    const message = `${name} did not finish processing within ${Math.round(limit / 60_000)} minutes.`
    const failure = { kind: 'try-later', code: `${id}.processing-timeout`, message } as const
    if (p.step.name !== 'create') return fail(walk, p, failure)
    const question = 'It may still come out. Please look: is the post there, or should it be published again?'
    const asked = { event: 'ask', verdict: 'unconfirmed', reason: reasonOf(failure), failure } as const
    return end(walk, { ...asked, message: `${message} ${question}` })
  }
  return end(walk, {
    event: 'wait',
    verdict: 'processing',
    reason: 'processing',
    message: w.reason,
    nextAt: new Date(now + w.ms),
    // It answers: what went wrong between two looks is over. Steps that may act count on.
    resetTries: p.step.options.again === 'safe',
  })
}

/** Failures that speak of the last call alone, and not of what an earlier call of the same run has done. */
const ofLastCall: ReadonlySet<FailureKind> = new Set(['too-fast', 'try-later', 'reconnect', 'refused-account'])

/**
 * A step threw. `row`: it was journalled as begun. `wrote`: an earlier write of this run was taken. False when the loop
 * should decide anew; settles otherwise.
 */
const failed = async (
  walk: AttemptContext,
  p: PlannedStep,
  row: StepRow | undefined,
  rule: StepRule,
  before: boolean,
  error: unknown,
  wrote = false,
): Promise<boolean> => {
  const { d, w, loaded } = walk
  const said = failureOf(walk, error, rule.again !== 'safe')
  const renewal = said.kind === 'reconnect' ? await renewedOnce(walk) : 'over'
  const failure = typeof renewal === 'string' ? said : renewal
  const doubt = before || (wrote && rule.again !== 'safe' && ofLastCall.has(failure.kind))
  const mark = async (verdict: 'unknown' | 'refused', keep: boolean) => {
    if (!row) return
    const state = doubt ? 'unknown' : verdict
    await surely(d, w.claim, () =>
      d.writes.end(w.claim, {
        key: p.key,
        times: row.times,
        state,
        failure: keep ? failure : null,
        event: state === 'unknown' ? 'step-unknown' : 'step-refused',
        message: failure.message,
        data: { code: failure.code, status: failure.status },
        now: nowOf(walk),
      }),
    )
    // What the step saved on its way is newer than the row it began with.
    const { saved } = loaded.steps.get(p.key) ?? row
    loaded.steps.set(p.key, { ...row, saved, state, failure: keep ? failure : null, endedAt: d.clock.now() })
  }
  if (renewal === 'renewed') {
    await mark('refused', false)
    await note(d.db, w.claim, { event: 'token-renewed', message: failure.message, at: nowOf(walk) })
    return false
  }
  if (row?.times === 1 && !doubt && failure.code === p.step.options.keyTaken) {
    // The only call there was, and it found something else under its key: the next one takes another.
    await mark('refused', false)
    loaded.steps.set(p.key, { ...loaded.steps.get(p.key)!, prepared: null })
    return false
  }
  const verdict = afterFailure(failure, rule, loaded.tries, d.clock.now(), d.random())
  switch (verdict.do) {
    case 'look':
      await mark('unknown', true)
      return false
    case 'ask':
      await mark('unknown', true)
      return ask(walk, p, failure)
    case 'hold':
      // A refusal for want of a token or an account is believed: nothing was done. It is over once a person has mended
      // it, so a step in doubt does not carry it on.
      await mark('refused', !doubt)
      return hold(walk, verdict.reason, failure)
    case 'fail':
      await mark(failure.kind === 'unknown-outcome' && rule.again !== 'safe' ? 'unknown' : 'refused', true)
      return doubt && p.step.name === 'create' ? ask(walk, p, failure) : fail(walk, p, failure)
    case 'wait': {
      const long = waitedOut(failure, lateSince(w.claim), d.clock.now())
      await mark(verdict.step, long && doubt)
      if (long && doubt) return ask(walk, p, failure)
      if (long && walk.planned.some((x) => isPublic(x.step.name) && loaded.steps.get(x.key)?.state === 'done'))
        return fail(walk, p, failure)
      if (long) return end(walk, waitedLong(failure))
      const until = new Date(verdict.until)
      const channelNotBefore = verdict.channel ? until : null
      return end(walk, {
        event: 'wait',
        verdict: failure.kind,
        reason: reasonOf(failure),
        message: failure.message,
        nextAt: until,
        countsTry: verdict.counts,
        channelNotBefore,
        failure,
      })
    }
  }
}
