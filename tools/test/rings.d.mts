export type RingResult = { passed: number; failed: number; skipped: number; notes: string[] }
export const root: string
export const rings: readonly {
  name: string
  what: string
  waits?: readonly string[]
  after?: readonly string[]
  run: () => Promise<RingResult>
}[]
export const countVitest: (report: RingResult, code: number, output: string) => RingResult
