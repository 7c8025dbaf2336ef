import { describe, expect, it } from 'vitest'
import type { Entry } from '../stand/desk.ts'
import { byMarker, judge, type Told } from './judge.ts'
import { markerOf, type Planned, wordOf } from './plan.ts'

const marker = markerOf(1, 12, 3)
const due = 1_000_000
const planned = (o: Partial<Planned> = {}): Planned => ({
  id: 'p',
  platform: 'x',
  marker,
  entries: 1,
  versions: new Set([0]),
  notBefore: due,
  scheduled: 'yes',
  cancelled: 'no',
  ...o,
})
const entry = (o: Partial<Entry> & { version?: number; part?: number } = {}): Entry => ({
  id: crypto.randomUUID(),
  account: 'a',
  text: `${wordOf(marker, o.version ?? 0)} part ${o.part ?? 1}`,
  media: [],
  at: due + 100,
  ...o,
})
const told = (state: string, message: string | null = null): Told => ({ state, reason: null, message })
const verdict = (p: Planned, t: Told, ledger: Entry[], early = 0) => judge(p, t, ledger, { early }).verdict

describe('the judge of chaos', () => {
  it('knows a post that is out once from one that is out twice, whatever Clarion says', () => {
    expect(verdict(planned(), told('published'), [entry()])).toBe('published_once')
    expect(verdict(planned(), told('published'), [entry(), entry()])).toBe('duplicate')
    expect(verdict(planned(), told('failed'), [entry(), entry()])).toBe('duplicate')
    // An edit in between does not hide that both are out.
    expect(verdict(planned({ versions: new Set([0, 1]) }), told('published'), [entry(), entry({ version: 1 })])).toBe(
      'duplicate',
    )
    expect(verdict(planned(), told('published'), [entry(), entry({ deleted: true })])).toBe('published_once')
  })

  it('calls lost what is said to be out and is not, and what is out and said to have failed', () => {
    expect(verdict(planned(), told('published'), [])).toBe('lost')
    expect(verdict(planned({ entries: 2 }), told('published'), [entry()])).toBe('lost')
    expect(verdict(planned({ entries: 2 }), told('published'), [entry(), entry({ part: 2 })])).toBe('published_once')
    // A first comment that could not be attached is told beside the post; without a word it is lost, and so is the post itself.
    const missed = { state: 'published', reason: 'clarion.parent-unknown', message: 'The post is out, but ...' }
    expect(verdict(planned({ entries: 2 }), missed, [entry()])).toBe('told')
    expect(verdict(planned({ entries: 2 }), { ...missed, message: null }, [entry()])).toBe('lost')
    expect(verdict(planned({ entries: 2 }), missed, [])).toBe('lost')
    expect(verdict(planned(), told('failed'), [entry()])).toBe('lost')
    expect(verdict(planned({ entries: 2 }), told('failed', '1 of 2 posts are out.'), [entry()])).toBe('told')
    expect(verdict(planned(), told('held'), [])).toBe('told')
    expect(verdict(planned(), told('unconfirmed'), [entry()])).toBe('told')
    expect(verdict(planned(), told('waiting'), [])).toBe('unsettled')
  })

  it('holds Clarion to what it confirmed: a cancel, an edit, a later time', () => {
    expect(verdict(planned({ cancelled: 'yes' }), told('cancelled'), [])).toBe('cancelled')
    expect(verdict(planned({ cancelled: 'yes' }), told('cancelled'), [entry()])).toBe('wrong')
    expect(verdict(planned({ cancelled: 'yes' }), told('published'), [entry()])).toBe('wrong')
    expect(verdict(planned({ cancelled: 'yes' }), told('scheduled'), [])).toBe('lost')
    expect(verdict(planned({ cancelled: 'maybe' }), told('published'), [entry()])).toBe('published_once')
    expect(verdict(planned(), told('cancelled'), [])).toBe('lost')
    expect(verdict(planned({ scheduled: 'maybe' }), told('draft'), [])).toBe('draft')
    expect(verdict(planned(), told('draft'), [])).toBe('unsettled')
    expect(verdict(planned({ versions: new Set([1]) }), told('published'), [entry()])).toBe('wrong')
    expect(verdict(planned(), told('published'), [entry({ at: due - 500 })])).toBe('wrong')
    expect(verdict(planned(), told('published'), [entry({ at: due - 500 })], 1_000)).toBe('published_once')
  })

  it('sorts a ledger by what is ours', () => {
    const strange = { ...entry(), text: 'somebody else' }
    expect([...byMarker([entry(), strange, entry({ part: 2 })])].map(([m, list]) => [m, list.length])).toEqual([
      [marker, 2],
    ])
  })
})
