/** Looking at the network after an answer that was lost or proves nothing: the only way a step in doubt goes on without a key or a person. */

import { sql } from 'kysely'
import { reasonOf } from '#contract/outcomes.ts'
import type { Created, Json, PlannedStep, Witness } from '#kit/client/steps.ts'
import { answered } from '#kit/facts/failures.ts'
import { type AttemptContext, contextOf, failureOf, nowOf, renewedOnce, ruleOf } from './attempt-context.ts'
import { ask, end, fail, hold, stepDone } from './endings.ts'
import type { StepRow } from './frozen.ts'
import { afterLook, type Look, notBefore, slowUntil } from './rules.ts'
import { heldByAnother, note } from './store.ts'

/** What the witness says, or why it could not look, and when the network will be asked again (`until`, ISO 8601). */
type Seen = Witness | { unable: string; until?: string }

/** Calls the witness; what goes wrong with a look is `unable`, or settles the attempt. Null: look again with a new token. */
const seenBy = async (walk: AttemptContext, p: PlannedStep, row: StepRow): Promise<Seen | null> => {
  try {
    return await p.step.options.witness!(await contextOf(walk, p, row))
  } catch (error) {
    const told = failureOf(walk, error, true)
    const renewal = told.kind === 'reconnect' ? await renewedOnce(walk) : told
    if (renewal === 'renewed') return null
    if (renewal === 'over') return hold(walk, 'reconnect', told)
    const failure = renewal
    if (failure.kind === 'refused-account' && told.kind === 'reconnect') return hold(walk, 'blocked', failure)
    if (failure.kind !== 'too-fast') return { unable: failure.message, until: failure.until }
    const nextAt = new Date(slowUntil(failure.until, walk.d.clock.now()))
    return end(walk, {
      event: 'wait',
      verdict: 'looking',
      reason: reasonOf(failure),
      message: failure.message,
      nextAt,
      failure,
    })
  }
}

export const twin = 'What is there says the same and belongs to another publication of this account.'
/** Is what was found another publication's post? */
export const isTwin = async (walk: AttemptContext, row: StepRow, found: Json): Promise<boolean> => {
  const id = (found as Partial<Created> | null)?.id
  return typeof id === 'string' && heldByAnother(walk.d.db, walk.w.claim, id, row.firstBegunAt)
}

/**
 * What seeing the twin says about this step. It may hide ours behind it - unless the network refused the only try as a
 * double: then the twin is what it meant, and with the twin there ours cannot have been taken.
 */
const ofTwin = (row: StepRow): Witness =>
  row.failure?.kind === 'duplicate' && row.times === 1 ? { absent: true } : { unsure: twin }

/** Looks at the network after a lost answer. True when the step is over. */
export const askWitness = async (walk: AttemptContext, p: PlannedStep, row: StepRow): Promise<boolean> => {
  const { d, w, platform, loaded } = walk
  const said = await seenBy(walk, p, row)
  if (!said) return false
  const seen = 'found' in said && (await isTwin(walk, row, said.found)) ? ofTwin(row) : said
  const kind: Look = 'found' in seen ? 'found' : 'absent' in seen ? 'absent' : 'unable' in seen ? 'unable' : 'unsure'
  const line = { step: p.key, at: nowOf(walk) }
  if (kind === 'found' || kind === 'absent') await note(d.db, w.claim, { ...line, event: `look-${kind}` })
  else {
    const message = 'unable' in seen ? seen.unable : (seen as { unsure: string }).unsure
    const data = kind === 'unable' ? { unable: true } : undefined
    await note(d.db, w.claim, { ...line, event: 'look-unsure', message, data })
  }
  const after = afterLook(kind, row, ruleOf(p), d.clock.now(), {
    ...(await lookedBefore(walk, p.key, row.begunAt, kind === 'unable')),
    tries: loaded.tries,
    random: d.random(),
  })
  const ended = { key: p.key, times: row.times }
  switch (after.do) {
    case 'done':
      await stepDone(walk, p, row, (seen as { found: Json }).found, 'step-found')
      return true
    case 'again':
      // The network has nothing of ours: that look, in the journal, is what permits a second begin.
      await d.writes.end(w.claim, { ...ended, state: 'refused', event: 'step-absent', now: nowOf(walk) })
      loaded.steps.set(p.key, { ...row, saved: loaded.steps.get(p.key)?.saved, state: 'refused', failure: null })
      if (!after.last) return false
      return fail(
        walk,
        p,
        row.failure ?? {
          kind: 'unknown-outcome',
          code: 'clarion.tries',
          message: `${platform.spec.name} did not take it in ${row.times} tries.`,
        },
      )
    case 'fail':
      await d.writes.end(w.claim, {
        ...ended,
        state: 'refused',
        failure: after.failure,
        event: 'step-refused',
        message: after.failure.message,
        now: nowOf(walk),
      })
      return after.failure.kind === 'refused-account'
        ? hold(walk, 'blocked', after.failure)
        : fail(walk, p, after.failure)
    case 'look-later': {
      if (row.state === 'begun')
        await d.writes.end(w.claim, {
          ...ended,
          state: 'unknown',
          failure: row.failure,
          event: 'step-unknown',
          now: nowOf(walk),
        })
      const { name } = platform.spec
      const now = d.clock.now()
      const why = answered(row.failure) ? `${name} answered, but that proves nothing yet.` : 'The answer was lost.'
      const message = `${why} Clarion looks at ${name} before doing anything else.`
      return end(walk, {
        event: 'wait',
        verdict: 'looking',
        reason: 'looking',
        message,
        nextAt: new Date(notBefore('unable' in seen ? seen.until : undefined, now + after.ms, now)),
      })
    }
    case 'ask':
      return ask(walk, p, row.failure)
  }
}

/** Looks like this one that this begin has had, and begins that were lost since a person last spoke; both with this one. */
const lookedBefore = async (walk: AttemptContext, key: string, begunAt: number, unable: boolean) => {
  const id = walk.w.claim.publicationId
  const { rows } = await sql<{ unclear: number; losses: number }>`
    select count(*) filter (where event = 'look-unsure' and at >= ${new Date(begunAt)}::timestamptz
        and coalesce((data->>'unable')::boolean, false) = ${unable}::boolean)::int as unclear,
      1 + count(*) filter (where event = 'step-absent' and at > coalesce((select max(at) from journal
        where publication_id = ${id} and event in ('person-retry', 'person-again')), '-infinity'))::int as losses
    from journal where publication_id = ${id} and step = ${key}`.execute(walk.d.db)
  return rows[0]!
}
