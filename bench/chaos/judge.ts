/** The judge: what the networks were asked to publish, against what Clarion says and what was asked of it. Pure. */
import type { Entry } from '../stand/desk.ts'
import { type Planned, readWord } from './plan.ts'

/** The publication as Clarion has it at the end. */
export type Told = { state: string; reason: string | null; message: string | null }

export type Verdict =
  | 'published_once'
  /** Taken back in time, and nothing is there. */
  | 'cancelled'
  /** The answer to scheduling never came, and it is a draft. */
  | 'draft'
  /** A person is asked or told: failed, held, missed, unconfirmed, and the network agrees. */
  | 'told'
  | 'duplicate'
  | 'lost'
  /** Not over when the time was. */
  | 'unsettled'
  /** Out with words that had been replaced, or before its time. */
  | 'wrong'

export type Judged = { id: string; platform: string; verdict: Verdict; why: string }

const quietEnds = new Set(['failed', 'held', 'missed'])

/** `early`: how much sooner than planned something may be out (ms), because a clock was wrong by that much. */
export const judge = (p: Planned, told: Told, ledger: readonly Entry[], o: { early: number }): Judged => {
  const there = ledger.flatMap((e) => {
    const word = readWord(e.text)
    return !e.deleted && word?.marker === p.marker ? [{ ...e, version: word.version }] : []
  })
  const say = (verdict: Verdict, why = ''): Judged => ({
    id: p.id,
    platform: p.platform,
    verdict,
    why: `${why} (${told.state} ${told.reason ?? ''} ${told.message ?? ''})`.trim(),
  })
  const copies = new Map<string, number>()
  for (const e of there) {
    // Versions of one text are copies of one another.
    const what = `${e.kind ?? 'post'} ${e.text.replace(/v\d+e/, '')}`
    copies.set(what, (copies.get(what) ?? 0) + 1)
  }
  const twice = [...copies].find(([, n]) => n > 1)
  if (twice) return say('duplicate', `${twice[1]} times "${twice[0]}"`)
  if (there.length > p.entries) return say('duplicate', `${there.length} entries of ${p.entries}`)

  const replaced = there.find((e) => !p.versions.has(e.version))
  if (replaced) return say('wrong', `version ${replaced.version} is out, not ${[...p.versions].join(' or ')}`)
  const early = there.find((e) => e.at < p.notBefore - o.early)
  if (early) return say('wrong', `out ${Math.round((p.notBefore - early.at) / 1000)} s before its time`)

  if (p.cancelled === 'yes' && (there.length > 0 || told.state !== 'cancelled'))
    return there.length > 0 ? say('wrong', 'it was cancelled, and is out') : say('lost', 'a cancel was forgotten')
  if (told.state === 'cancelled') {
    if (p.cancelled === 'no') return say('lost', 'nobody cancelled it')
    return there.length === 0 ? say('cancelled') : say('wrong', 'it is cancelled, and is out')
  }
  if (told.state === 'draft' && p.scheduled === 'maybe' && there.length === 0) return say('draft')
  if (told.state === 'published') {
    if (there.length === p.entries) return say('published_once')
    // What comes after the post (a first comment) may be missing when that is said: the reason stands with it.
    const said = there.length > 0 && told.reason !== null && told.message !== null
    return say(said ? 'told' : 'lost', `${there.length} of ${p.entries} are there`)
  }
  if (told.state === 'unconfirmed') return say('told')
  if (quietEnds.has(told.state))
    // Part of a post may be out when the rest was refused; that is said in the sentence.
    return there.length === 0 || (there.length < p.entries && /\bout\b/.test(told.message ?? ''))
      ? say('told')
      : say('lost', `${there.length} are there`)
  return say('unsettled', `${there.length} are there`)
}

/** Entries of ours by marker, for a quick look-up. */
export const byMarker = (ledger: readonly Entry[]): Map<string, Entry[]> => {
  const out = new Map<string, Entry[]>()
  for (const e of ledger) {
    const marker = readWord(e.text)?.marker
    if (marker) out.set(marker, [...(out.get(marker) ?? []), e])
  }
  return out
}
