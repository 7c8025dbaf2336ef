/** The browser's clock: the one place of the web app that asks for the time. */
import { Temporal } from 'temporal-polyfill'

/** Epoch ms, UTC. */
export const now = (): number => Temporal.Now.instant().epochMilliseconds
/** ISO 8601 UTC. */
export const nowIso = (): string => Temporal.Now.instant().toString()
/** The zone this browser is in (IANA). */
export const browserZone = (): string => Temporal.Now.timeZoneId()
