/** What to do, for people at a screen, where the contract's own sentence speaks to a program. */
import type { ProblemCode } from '#contract/problems.ts'

export const enProblems: Partial<Record<ProblemCode, string>> = {
  validation: 'Correct what is named.',
  'bad-json': 'Try again.',
  'bad-encoding': 'Paste the text again.',
  'bad-cursor': 'Load the list from its beginning.',
  unauthenticated: 'Sign in again.',
  'scope-missing': 'Make a key that may do this.',
  'method-not-allowed': 'Load the page again: it may be older than the server.',
  conflict: 'Load the page again.',
  'not-found': 'It may be deleted, or belong to another workspace.',
  'idempotency-mismatch': 'Try again.',
  'version-mismatch': 'Load it again and repeat your change.',
  'version-required': 'Load it again and repeat your change.',
  'too-large': 'Make it smaller and try again.',
  'unsupported-media': 'Use JPEG, PNG, WebP, GIF, MP4, MOV, WebM or PDF.',
  'bad-image': 'Export it again as JPEG or PNG.',
  'bad-media': 'Export it again as MP4 (H.264 and AAC), or as PDF.',
  preflight: 'Correct what is named, then schedule again.',
  'time-gap': 'The clocks jump over it that day. Choose another.',
  'too-many-channels': 'Make several posts.',
  'connect-failed': 'Start again.',
  'network-failed': 'Read what the network said, and try again later.',
  'rate-limited': 'Wait a moment.',
  'database-away': 'Try again in a moment.',
  internal: 'Try again; if it stays, report what is written here.',
}
