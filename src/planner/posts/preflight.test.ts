import { expect, test } from 'vitest'
import { createPreflight } from './preflight.ts'

type CheckAll = ReturnType<typeof createPreflight>['checkAll']

test('others get their turn between the channels of a post', async () => {
  const ids = Array.from({ length: 50 }, (_, i) => `channel-${i}`)
  const content = { segments: [{ text: 'x', mediaIds: [] }] }
  const list = ids.map((channelId) => ({ channelId, base: content, content: null, settings: {}, dueAt: null }))
  const channel = (id: string) => ({ id, platform: 'gone', name: id, state: 'ok', kind: 'profile', facts: {} })
  const facts = { channels: new Map(ids.map((id) => [id, channel(id)])), media: new Map(), quotas: new Map() }
  let turns = 0
  let over = false
  const turn = () => {
    if (over) return
    turns++
    setImmediate(turn)
  }
  setImmediate(turn)
  const checked = await createPreflight(new Map()).checkAll(
    list as unknown as Parameters<CheckAll>[0],
    { ...facts, now: new Date('2026-11-30T12:00:00Z') } as unknown as Parameters<CheckAll>[1],
  )
  over = true
  expect(checked.map((c) => c.channelId)).toEqual(ids)
  expect(turns).toBeGreaterThan(40)
})
