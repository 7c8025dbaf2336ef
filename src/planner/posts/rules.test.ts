import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Content, publicationStates } from '#contract/posts.ts'
import { Problem } from '#contract/problems.ts'
import {
  aboutChannel,
  type ChannelHealth,
  channelFindings,
  checkEdit,
  deletable,
  locked,
  removable,
  same,
  wrongSettings,
} from './rules.ts'

const says = (text: string): Content => ({ segments: [{ text, mediaIds: [] }] })
const refuses = (run: () => void): boolean => {
  try {
    run()
    return false
  } catch (error) {
    return error instanceof Problem && error.code === 'conflict'
  }
}

test('two JSON values are the same whatever the order of their keys', () => {
  const turned = (v: unknown): unknown =>
    Array.isArray(v)
      ? v.map(turned)
      : v && typeof v === 'object'
        ? Object.fromEntries(
            Object.entries(v)
              .reverse()
              .map(([k, x]) => [k, turned(x)]),
          )
        : v
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 3 }), (v) => same(v, turned(v))))
  fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => same(a, b) === same(b, a)))
  for (const [a, b] of [
    [[], {}],
    [[1], [1, 2]],
    [{ a: 1 }, { a: 2 }],
    [null, {}],
    ['1', 1],
    [{ a: {} }, { a: [] }],
  ])
    expect(same(a, b)).toBe(false)
  expect(same({ a: undefined }, {})).toBe(true)
})

describe('what may change', () => {
  const edit = (
    state: (typeof publicationStates)[number],
    begun: boolean,
    to: { base?: string; own?: string; settings?: object; gone?: boolean },
  ) =>
    refuses(() =>
      checkEdit(
        { content: says('base'), publications: [{ channelId: 'c', content: null, settings: { a: 1 }, state, begun }] },
        {
          content: says(to.base ?? 'base'),
          publications: to.gone
            ? []
            : [
                {
                  channelId: 'c',
                  content: to.own ? says(to.own) : null,
                  settings: to.settings ?? { a: 1 },
                  given: to.settings ?? { a: 1 },
                },
              ],
        },
      ),
    )
  test.each(['publishing', 'waiting', 'published', 'unconfirmed'] as const)('of a %s publication nothing', (state) => {
    expect([
      edit(state, true, { base: 'new' }),
      edit(state, true, { own: 'new' }),
      edit(state, true, { settings: {} }),
      edit(state, true, { gone: true }),
    ]).toEqual([true, true, true, true])
    expect(edit(state, true, {})).toBe(false)
    // The base may change when the channel keeps the very words it had.
    expect(edit(state, true, { base: 'new', own: 'base' })).toBe(false)
  })
  test.each(['draft', 'scheduled', 'failed', 'held', 'missed', 'cancelled'] as const)(
    'of a %s publication everything, but it stays on the post once begun',
    (state) => {
      expect([
        edit(state, false, { base: 'new', own: 'x', settings: {} }),
        edit(state, false, { gone: true }),
        edit(state, true, { gone: true }),
      ]).toEqual([false, false, true])
    },
  )
  test('what may be on a network is neither taken off nor deleted', () => {
    for (const state of publicationStates) {
      const p = { state, begun: true, externalId: null, permalink: null }
      expect(removable(p)).toBe(false)
      expect(deletable(p)).toBe(state === 'failed')
      expect(deletable({ ...p, externalId: '1' })).toBe(false)
      expect(locked(p)).toBe(true)
      if (locked({ state, begun: false })) expect(removable({ state, begun: false })).toBe(false)
    }
  })
})

describe('findings about the account', () => {
  const well: ChannelHealth = {
    platform: 'net',
    name: 'Ada',
    state: 'ok',
    stateReason: null,
    removed: false,
    paused: false,
    workspacePaused: false,
    tokenEnds: null,
    notBefore: null,
  }
  const rules = (c: Partial<ChannelHealth>, dueAt: number | null = 1000, soon = false) =>
    channelFindings({ ...well, ...c }, { dueAt, soon }).map((f) => `${f.level} ${f.rule}`)
  test('a healthy account has none', () => expect(rules({})).toEqual([]))
  test.each<[Partial<ChannelHealth>, string[]]>([
    [{ state: 'reconnect' as const }, ['error net.channel.reconnect']],
    [{ state: 'blocked' as const }, ['error net.channel.blocked']],
    [{ removed: true, state: 'reconnect' as const }, ['error net.channel.removed']],
    [{ paused: true, workspacePaused: true }, ['warning net.channel.paused', 'warning net.workspace.paused']],
    [{ tokenEnds: 1000 }, ['warning net.channel.token-ends']],
    [{ tokenEnds: 1001 }, []],
    [{ notBefore: 1001 }, ['warning net.channel.slow']],
    [{ notBefore: 1000 }, []],
  ])('%o', (c, want) => expect(rules(c)).toEqual(want))
  test('an ending token is an error when the time is near, and nothing without a time', () => {
    expect(rules({ tokenEnds: 1 }, 1000, true)).toEqual(['error net.channel.token-ends'])
    expect(rules({ tokenEnds: 1, notBefore: 5000 }, null)).toEqual([])
  })
  test('they are told from findings about the words', () => {
    for (const f of channelFindings(
      { ...well, state: 'reconnect', paused: true, workspacePaused: true, tokenEnds: 1, notBefore: 5000 },
      { dueAt: 1000, soon: true },
    ))
      expect(aboutChannel(f)).toBe(true)
    expect(
      aboutChannel({
        rule: 'net.text.length',
        kind: 'text.length',
        level: 'error',
        message: '',
        remedy: '',
        params: {},
      }),
    ).toBe(false)
  })
})

test('settings that are missing are not wrong yet', () => {
  const issues = [
    { path: ['board'], message: 'm' },
    { path: ['deep', 'x'], message: 'm' },
    { path: ['bad'], message: 'm' },
    { path: [], message: 'unknown keys' },
  ]
  expect(wrongSettings({ bad: 5, board: '' }, issues).map((i) => i.path.join('.'))).toEqual(['bad', ''])
})
