/** What the steps share: who calls, and which video this publication made. */
import { type Created, namedBy, type StepContext } from '#kit/client/steps.ts'
import type { Access } from './api.ts'
import type { Settings } from './spec.ts'

export type T = StepContext<Settings>

export const accessOf = (t: Pick<T, 'http' | 'grant'>): Access => ({ http: t.http, access: t.grant.access })

/** Id of a video in any of its addresses. */
export const videoIdIn = (url: string): string | undefined =>
  /(?:[?&]v=|\/shorts\/|\/live\/|youtu\.be\/)([\w-]{6,})/.exec(url)?.[1]

/** The video of this publication; a person may have given only its link. Raises `gone` when nobody knows. */
export const videoIn = (t: Pick<T, 'done'>): Created & { id: string } => namedBy<Created>(t, 'create', videoIdIn)
