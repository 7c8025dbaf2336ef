import { describe, expect, it } from 'vitest'
import type { Burst } from './burst.ts'
import { goalsOf, median, summarise } from './goals.ts'

const burst = (o: Partial<Burst> & { late?: number; cpu?: number }): Burst => ({
  per_second: 100,
  lateness_ms: { p50: 10, p99: 20, max: o.late ?? 30 },
  cpu_ms: { app: 1, database: 1, redis: 0, all: o.cpu ?? 2, sandbox: 1 },
  statements: 4,
  transactions: 3,
  wal_bytes: 6_000,
  published: 1_000,
  duplicates: 0,
  lost: 0,
  ...o,
})

describe('what a run came to', () => {
  it('takes ratios within a round, and the median of them', () => {
    const bursts = {
      floor: [100, 200, 400].map((per_second) => burst({ per_second })),
      own: [90, 300, 200].map((per_second) => burst({ per_second })),
    }
    const own = summarise(bursts, 'own')
    expect(own).toMatchObject({ per_second: 200, ratio_to_floor: 0.9, ratio_to_textbook: null })
    expect(median([1, 2, 3, 4])).toBe(2.5)
  })

  it('does not hide one bad round: the latest, the duplicates and the lost of all rounds count', () => {
    const own = summarise(
      { own: [burst({}), burst({ late: 65_066, duplicates: 1, lost: 2, published: 998 }), burst({})] },
      'own',
    )
    expect(own).toMatchObject({ worst_ms: 65_066, duplicates: 1, lost: 2, published: 998, lateness_ms: { max: 30 } })
    const goals = goalsOf({ arms: { own }, idle: null, slow: false, publications: 1_000 })
    expect(goals.filter((g) => !g.met).map((g) => g.goal)).toEqual([
      'own: publications asked for twice or never < 1',
      'own: latest publication of a burst of 1,000, ms, no fault on the desk < 5000',
    ])
  })

  it('says which goals are met, and only of what ran', () => {
    const bursts = {
      floor: [burst({ per_second: 500 })],
      textbook: [burst({ per_second: 300, cpu: 4.5 })],
      own: [burst({ per_second: 510, cpu: 3 })],
      rows: [burst({ per_second: 500, cpu: 3.7 })],
    }
    const arms = Object.fromEntries(Object.keys(bursts).map((name) => [name, summarise(bursts, name)]))
    const idle = { first_start_ms: 3_400, start_ms: 1_900, idle_mb: 190, idle_cpu_percent: 0.8 }
    const goals = goalsOf({ arms, idle, slow: false, publications: 1_000 })
    expect(Object.fromEntries(goals.map((g) => [g.goal, g.met]))).toMatchObject({
      'own: ratio to the floor >= 1': true,
      'own: ratio to the textbook >= 1.5': true,
      "own: CPU a publication against the textbook's < 1": true,
      'rows: CPU a publication against that without history < 1.2': false,
      'first start, ms < 3000': false,
      'later start, ms < 2000': true,
    })
    expect(goals.some((g) => g.goal.startsWith('redis2'))).toBe(false)
    const late = goalsOf({ arms, idle: null, slow: true, publications: 1_000 })
    expect(late.map((g) => g.goal)).toContain('own: ratio to the textbook where networks answer late >= 1.5')
    expect(late.some((g) => g.goal.includes('floor') || g.goal.includes('latest'))).toBe(false)
  })
})
