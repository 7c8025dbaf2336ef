/** What a call takes from the budgets of its platform. Pure. */
import type { Budget } from '../facts/spec.ts'
import type { Charge, HttpRequest } from './http.ts'

/** By method and address, as `takes` of each budget says; the first row that fits counts. */
export const chargesOf = (budgets: readonly Budget[], method: HttpRequest['method'], url: URL): Charge[] => {
  const at = `${url.host}${url.pathname}`
  return budgets.flatMap(({ bucket, takes }) => {
    const taker = takes?.find((t) => (t.method === undefined || t.method === method) && t.url.test(at))
    return taker ? [{ bucket, units: taker.units ?? 1 }] : []
  })
}
