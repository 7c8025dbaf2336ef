import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Grant } from '#kit/client/steps.ts'
import { failureKinds } from '#kit/facts/failures.ts'
import {
  aheadMs,
  backoff,
  backoffCapMs,
  forCaller,
  judgeRefresh,
  longLife,
  loopbackLiteral,
  onUse,
  refreshAt,
  renewed,
  type TokenView,
} from './rules.ts'

const now = Date.UTC(2026, 10, 22, 9)
const iso = (ms: number) => new Date(ms).toISOString()
const unit = fc.double({ min: 0, max: 0.999999, noNaN: true })
const life = fc.integer({ min: 1000, max: 90 * 86_400_000 })
const hour = 3_600_000

describe('refreshAt', () => {
  it('is never in the past and always before the token ends', () => {
    fc.assert(
      fc.property(life, unit, (ms, r) => {
        const due = refreshAt({ expiresAt: iso(now + ms) }, { now, refreshable: true, random: () => r })!
        expect(due).toBeGreaterThanOrEqual(now)
        expect(due).toBeLessThan(now + ms)
      }),
    )
  })

  it('hour-long tokens: at least 5 minutes ahead, at most 7', () => {
    fc.assert(
      fc.property(fc.integer({ min: hour, max: longLife }), unit, (ms, r) => {
        const ahead = now + ms - refreshAt({ expiresAt: iso(now + ms) }, { now, refreshable: true, random: () => r })!
        expect(ahead).toBeGreaterThanOrEqual(aheadMs)
        expect(ahead).toBeLessThanOrEqual(7 * 60_000 + 1)
      }),
    )
  })

  it('long tokens: between 75 and 80 % of life', () => {
    fc.assert(
      fc.property(fc.integer({ min: longLife + 1, max: 90 * 86_400_000 }), unit, (ms, r) => {
        const share = (refreshAt({ expiresAt: iso(now + ms) }, { now, refreshable: true, random: () => r })! - now) / ms
        expect(share).toBeGreaterThan(0.7499)
        expect(share).toBeLessThanOrEqual(0.8)
      }),
    )
  })

  it('is before the refresh token ends too', () => {
    fc.assert(
      fc.property(life, life, unit, (a, b, r) => {
        const due = refreshAt(
          { expiresAt: iso(now + a), refreshExpiresAt: iso(now + b) },
          { now, refreshable: true, random: () => r },
        )!
        expect(due).toBeLessThan(now + Math.min(a, b))
      }),
    )
  })

  it('is never for a token without an end, or a network without refresh', () => {
    expect(refreshAt({}, { now, refreshable: true, random: Math.random })).toBeNull()
    expect(refreshAt({ expiresAt: iso(now + hour) }, { now, refreshable: false, random: Math.random })).toBeNull()
    expect(refreshAt({ expiresAt: 'soon' }, { now, refreshable: true, random: Math.random })).toBeNull()
  })

  it('spreads channels connected at one moment', () => {
    let seed = 0
    const all = Array.from({ length: 50 }, () =>
      refreshAt(
        { expiresAt: iso(now + 2 * hour) },
        { now, refreshable: true, random: () => (seed = (seed + 0.37) % 1) },
      ),
    )
    expect(new Set(all).size).toBeGreaterThan(40)
  })
})

const view: fc.Arbitrary<TokenView> = fc.record({
  expiresAt: fc.option(fc.integer({ min: now - 10 * hour, max: now + 10 * hour })),
  since: fc.integer({ min: now - 20 * hour, max: now }),
  refreshAt: fc.option(fc.integer({ min: now - hour, max: now + hour })),
  tries: fc.integer({ min: 0, max: 20 }),
  lost: fc.boolean(),
  refreshable: fc.boolean(),
  rotates: fc.boolean(),
})

describe('onUse', () => {
  it('never hands out a token that is over', () => {
    fc.assert(
      fc.property(view, (t) => {
        if (t.expiresAt !== null && t.expiresAt <= now) expect(['refresh', 'wait', 'dead']).toContain(onUse(t, now))
      }),
    )
  })

  it('never ends a token that can be renewed, and never waits for one that still has time', () => {
    fc.assert(
      fc.property(view, (t) => {
        const what = onUse(t, now)
        if (t.refreshable) expect(what).not.toBe('dead')
        if (t.expiresAt === null || t.expiresAt > now + 60_000) expect(['use', 'try']).toContain(what)
      }),
    )
  })

  it('never asks the network while backing off', () => {
    fc.assert(
      fc.property(view, (t) => {
        if (t.tries > 0 && t.refreshAt !== null && t.refreshAt > now)
          expect(['use', 'wait', 'dead']).toContain(onUse(t, now))
      }),
    )
  })

  it('looks into a lost answer before using a rotating token, whatever time it has left', () => {
    const t = {
      expiresAt: now + 5 * hour,
      since: now - hour,
      refreshAt: null,
      tries: 0,
      lost: true,
      refreshable: true,
      rotates: true,
    }
    expect(onUse(t, now)).toBe('try')
    expect(onUse({ ...t, rotates: false }, now)).toBe('use')
    expect(onUse({ ...t, lost: false, expiresAt: now + 4 * 60_000 }, now)).toBe('try')
    expect(onUse({ ...t, lost: false, expiresAt: now + 6 * 60_000 }, now)).toBe('use')
  })
})

describe('judgeRefresh', () => {
  const situation = fc.record({
    kind: fc.constantFrom(...failureKinds),
    rotates: fc.boolean(),
    lost: fc.boolean(),
    tries: fc.integer({ min: 0, max: 40 }),
    r: unit,
  })
  const judge = (
    s: { kind: (typeof failureKinds)[number]; rotates: boolean; lost: boolean; tries: number; r: number },
    more: { until?: string; refreshExpiresAt?: number } = {},
  ) =>
    judgeRefresh({
      failure: { kind: s.kind, message: 'said', until: more.until },
      rotates: s.rotates,
      lost: s.lost,
      tries: s.tries,
      refreshExpiresAt: more.refreshExpiresAt ?? null,
      now,
      random: () => s.r,
    })

  it('only the network’s own word ends a channel; everything else is asked again, later, within the hour', () => {
    fc.assert(
      fc.property(situation, (s) => {
        const v = judge(s)
        if (s.kind === 'reconnect') expect(v.next).toBe('reconnect')
        else if (s.kind === 'refused-account') expect(v.next).toBe('blocked')
        else {
          expect(v.next).toBe('again')
          if (v.next === 'again') expect(v.at).toBeGreaterThan(now)
          if (v.next === 'again') expect(v.at).toBeLessThanOrEqual(now + backoffCapMs)
        }
      }),
    )
  })

  it('a lost answer is remembered on rotating networks until the network speaks, and never elsewhere', () => {
    fc.assert(
      fc.property(situation, (s) => {
        const v = judge(s)
        if (v.next === 'again') expect(v.lost).toBe(s.rotates && (s.lost || s.kind === 'unknown-outcome'))
      }),
    )
  })

  it('waits as long as the network says', () => {
    expect(
      judge({ kind: 'too-fast', rotates: true, lost: false, tries: 0, r: 0 }, { until: iso(now + 5 * hour) }),
    ).toEqual({ next: 'again', at: now + 5 * hour, lost: false })
  })

  it('a refresh token that has run out ends the channel, however it failed', () => {
    expect(
      judge({ kind: 'try-later', rotates: false, lost: false, tries: 0, r: 0 }, { refreshExpiresAt: now }).next,
    ).toBe('reconnect')
  })
})

it('back-off is a second, then seconds, then full jitter under a doubling ceiling of an hour', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), unit, (tries, r) => {
      const ms = backoff(tries, () => r)
      expect(ms).toBeGreaterThanOrEqual(1_000)
      expect(ms).toBeLessThanOrEqual(Math.min(backoffCapMs, Math.max(8_000, 60_000 * 2 ** (tries - 2))))
    }),
  )
  expect(backoff(0, () => 0.999)).toBeLessThan(2_000)
  expect(backoff(1, () => 0)).toBe(4_000)
  expect(backoff(5, () => 0.999)).toBeGreaterThan(470_000)
})

it('a caller never hears unknown-outcome of a refresh, since its own step has not begun; and hears when to come again', () => {
  for (const kind of failureKinds) {
    const told = forCaller({ kind, code: 'x', message: 'y' }, now)
    expect(['reconnect', 'too-fast', 'refused-account', 'try-later']).toContain(told.kind)
    expect(told.until).toBe(told.kind === 'try-later' ? iso(now) : undefined)
  }
})

it('an answer without a refresh token keeps the old one and its clock', () => {
  const old: Grant = {
    access: 'a',
    refresh: 'r',
    refreshExpiresAt: iso(now + hour),
    scopes: ['post'],
    extra: { pds: 'https://p' },
  }
  expect(renewed(old, { access: 'b' })).toEqual({
    access: 'b',
    refresh: 'r',
    refreshExpiresAt: iso(now + hour),
    scopes: ['post'],
    extra: { pds: 'https://p' },
  })
  expect(renewed(old, { access: 'b', refresh: 'r2' }).refreshExpiresAt).toBeUndefined()
})

it('networks send browsers back to the loopback literal, and to a public address byte for byte', () => {
  expect(loopbackLiteral('http://localhost:4400/oauth/toy/callback')).toBe('http://127.0.0.1:4400/oauth/toy/callback')
  for (const url of [
    'https://plan.example/oauth/toy/callback',
    'https://PLAN.example:443/x',
    'http://127.0.0.1:4400/x',
    'http://localhost.example/x',
  ])
    expect(loopbackLiteral(url)).toBe(url)
})
