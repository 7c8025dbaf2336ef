/** Quotas in fixed windows, counted on the sandbox clock. State is plain JSON. */

export type Windows = Record<string, { from: number; used: number }>
export type Taken = {
  ok: boolean
  limit: number
  remaining: number /** Epoch ms. */
  resetAt: number
  windowMs: number
}

/** Takes `cost` from the window named `key`; a refused take uses nothing. */
export const take = (
  state: Windows,
  key: string,
  o: { cost?: number; limit: number; windowMs: number; now: number },
): Taken => {
  const cost = o.cost ?? 1
  const old = state[key]
  const w = old && o.now < old.from + o.windowMs ? old : { from: o.now, used: 0 }
  state[key] = w
  const ok = w.used + cost <= o.limit
  if (ok) w.used += cost
  return {
    ok,
    limit: o.limit,
    remaining: Math.max(0, o.limit - w.used),
    resetAt: w.from + o.windowMs,
    windowMs: o.windowMs,
  }
}
