import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLine } from './line.ts'

const of = (platform: string, ...channels: string[]) => channels.map((channel) => ({ channel, platform }))

describe('who waits for a place', () => {
  it('has it in turn, then who came back', () => {
    const line = createLine(10)
    line.set(of('a', 'a1', 'a2', 'a3'))
    line.back({ channel: 'a0', platform: 'a' })
    expect(line.next({ a: 2 })).toEqual(['a1', 'a2'])
    expect(line.next({ a: 0 })).toEqual([])
    expect(line.next({ a: 5 })).toEqual(['a3', 'a0'])
    expect(line.next({ a: 5 })).toEqual([])
  })

  it('keeps nobody of another platform waiting, and is asked about one nobody knows too', () => {
    const line = createLine(10)
    line.set([...of('a', 'a1'), ...of('b', 'b1', 'b2'), ...of('gone', 'g1', 'g2')])
    expect(line.next({ a: 0, b: 4 })).toEqual(['b1', 'b2', 'g1'])
  })

  it('is seen by a look at everything, but for who came back while it looked', () => {
    const line = createLine(10)
    line.back({ channel: 'before', platform: 'a' })
    expect(line.begin()).toEqual(['before'])
    line.back({ channel: 'meanwhile', platform: 'a' })
    line.set(of('a', 'a1'))
    expect(line.next({ a: 9 })).toEqual(['a1', 'meanwhile'])
  })

  it('longer than was named: when those named have had their turn, everything is looked at anew', () => {
    const line = createLine(2)
    line.set([...of('a', 'a1', 'a2'), ...of('b', 'b1')])
    expect(line.unsure()).toBe(false)
    line.next({ a: 1, b: 1 })
    expect(line.unsure()).toBe(false)
    line.next({ a: 1 })
    expect(line.unsure()).toBe(true)
    line.set(of('a', 'a3'))
    line.next({ a: 1 })
    expect(line.unsure()).toBe(false)
  })

  it('is asked once, never past the places, and nobody is forgotten', () => {
    const channel = fc.record({ channel: fc.nat(30), platform: fc.constantFrom('a', 'b') }).map((c) => ({
      channel: `${c.platform}${c.channel}`,
      platform: c.platform,
    }))
    const free = fc.record({ a: fc.nat(4), b: fc.nat(4) })
    fc.assert(
      fc.property(fc.array(channel), fc.array(channel), fc.array(free), (waiting, back, turns) => {
        const line = createLine(100)
        line.set(waiting)
        for (const c of back) line.back(c)
        const asked: string[] = []
        for (const places of turns) {
          const next = line.next(places)
          for (const p of ['a', 'b'] as const)
            expect(next.filter((c) => c.startsWith(p)).length).toBeLessThanOrEqual(places[p])
          expect(new Set(next).size).toBe(next.length)
          asked.push(...next)
        }
        asked.push(...line.next({ a: 99, b: 99 }))
        expect(new Set(asked)).toEqual(new Set([...waiting, ...back].map((c) => c.channel)))
        expect(line.next({ a: 99, b: 99 })).toEqual([])
      }),
    )
  })
})
