/** What the crash matrix tries: every network call of every content of every platform, met by every fault. */

/** The nine ways a call goes wrong at the due time. The first three and the last happen to a real process, the others to the network. */
export const faults = [
  'kill-before',
  'kill-after',
  'answer-dropped',
  '500-though-done',
  '400-though-done',
  '429',
  'timeout',
  'token-revoked',
  'lease-lost',
] as const
/**
 * The same of what is due in ten minutes and prepared ahead: killed while it is prepared, or at its due time with what was
 * prepared; and edited (or moved, where there are no words) after a worker died at that call or everything was prepared.
 */
export const faultsAhead = ['kill-before-ahead', 'kill-after-ahead', 'edited-ahead'] as const
export type FaultName = (typeof faults)[number] | (typeof faultsAhead)[number]

/** One call of a publication, as a run without faults showed it. */
export type Boundary = {
  /** The sandbox's name of the route, and which of its calls this is (1 = first). */
  route: string
  nth: number
  /** Does the network act on it? */
  writes: boolean
}

export type Case = {
  id: string
  platform: string
  content: string
  boundary: Boundary
  at: number
  fault: FaultName
  seed: number
}

/** `bluesky/thread/2.create/kill-after/1`: enough to run it alone again. */
export const caseId = (c: Omit<Case, 'id'>): string =>
  `${c.platform}/${c.content}/${c.at}.${c.boundary.route}/${c.fault}/${c.seed}`

/** `ahead`: does the platform prepare anything? */
export const casesOf = (
  platform: string,
  content: string,
  boundaries: Boundary[],
  seeds: number,
  ahead: boolean,
): Case[] =>
  Array.from({ length: seeds }, (_, i) => i + 1).flatMap((seed) =>
    boundaries.flatMap((boundary, at) =>
      [...faults, ...(ahead ? faultsAhead : [])].map((fault) => {
        const c = { platform, content, boundary, at, fault, seed }
        return { id: caseId(c), ...c }
      }),
    ),
  )

/** The address of a call without ids, so that it can be recognised in another run. */
export const callKey = (method: string, url: string): string =>
  `${method} ${new URL(url).pathname.replace(/\d{5,}/g, '#')}`

/** Small repeatable randomness (mulberry32): a case's seed gives the same jitter every time. */
export const random = (seed: number) => {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
/** A number from a text, for seeds. */
export const hash = (text: string): number => {
  let h = 2166136261
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619)
  return h >>> 0
}
