/**
 * LinkedIn has no headers of its quotas (fact sheet §7): what is known of them is said by the 429 itself (§8). "APPLICATION"
 * is the app's day on that resource, for all its accounts, until midnight UTC; "MEMBER" is this account's alone.
 */
import type { Platform } from '#kit/client/platform.ts'
import { midnight } from './failures.ts'
import { ofApp } from './spec.ts'

export const usage: Platform['usage'] = ({ status, text = '' }, now, taken = []) =>
  status === 429 && /\bAPPLICATION\b/.test(text.slice(0, 2_000))
    ? ofApp
        .filter((b) => taken.includes(b.bucket))
        .map(({ bucket, label, cap }) => ({
          bucket,
          label,
          used: cap,
          cap,
          resetsAt: new Date(midnight(now)).toISOString(),
        }))
    : []
