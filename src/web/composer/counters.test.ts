/** The counters under a text say what the server will say. */
import { expect, test } from 'vitest'
import { type Draft, preflight } from '#kit/facts/preflight.ts'
import { fullness, roomOf } from '#kit/facts/room.ts'
import { faces } from '#platforms/registry/web.gen.ts'

const bodies = new Map(await Promise.all(faces.map(async (f) => [f.spec.id, await f.load()] as const)))
const draftOf = (text: string, settings: unknown): Draft => ({
  segments: [{ text, media: [] }],
  settings: settings as Draft['settings'],
  channel: { kind: 'profile', facts: {} },
})
const family = '👨‍👩‍👧‍👦'

test.each([...bodies.keys()])(
  '%s: a counter is below nothing exactly where preflight calls the text too long',
  (id) => {
    const body = bodies.get(id)!
    const { max } = body.spec.text
    for (const [unit, settings] of [
      ['a', {}],
      ['中', {}],
      [family, {}],
      ['https://example.com/a/long/enough/path ', {}],
      ...(id === 'telegram'
        ? [['<b>a</b>', { parseMode: 'html' }] as const, ['*a* ', { parseMode: 'markdown' }] as const]
        : []),
    ] as const)
      for (const count of [1, Math.floor(max / 25), Math.floor(max / 3), max - 1, max, max + 1, max * 2]) {
        const draft = draftOf(unit.repeat(Math.max(1, count)), settings)
        const found = preflight(body, draft).some((f) => f.kind === 'text.length' || f.kind === 'text.bytes')
        const room = roomOf(body, draft, draft.segments[0]!.text, false)
        expect([unit, count, fullness(room) > 1]).toEqual([unit, count, found])
      }
  },
)

test('bytes are told of where they are what is broken, and tags of HTML are not counted', () => {
  const bluesky = roomOf(bodies.get('bluesky')!, draftOf(family.repeat(200), {}), family.repeat(200), false)
  expect(bluesky).toEqual({ actual: 200, max: 300, bytes: { actual: 5000, max: 3000 } })
  const bold = `<b>${'a'.repeat(4097)}</b>`
  expect(roomOf(bodies.get('telegram')!, draftOf(bold, { parseMode: 'html' }), bold, false)).toMatchObject({
    actual: 4097,
    max: 4096,
  })
})
