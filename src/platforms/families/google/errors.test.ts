import { describe, expect, test } from 'vitest'
import { classify, type FailureTable } from '#kit/facts/failures.ts'
import { googleRules, googleUntil, pacificMidnight, readGoogleError } from './errors.ts'

const table: FailureTable = {
  platform: 'example',
  read: readGoogleError,
  until: googleUntil,
  rules: googleRules('Example', 'Example API'),
}
const at = Date.parse('2026-11-22T12:00:00Z')
const sort = (status: number, body: unknown) =>
  classify(table, { status, headers: {}, body, text: JSON.stringify(body) }, at)
const legacy = (code: number, reason: string) => ({
  error: { code, message: 'No.', errors: [{ reason, domain: 'global', message: 'No.' }] },
})
const rpc = (code: number, status: string, details: unknown[] = []) => ({
  error: { code, message: 'No.', status, details },
})
const info = (reason: string) => ({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'x' })

describe('envelopes', () => {
  test('the reason of a detail comes before the legacy one, that before the status', () => {
    const both = { ...legacy(403, 'insufficientPermissions') }
    expect(readGoogleError({ body: both }).code).toBe('insufficientPermissions')
    expect(readGoogleError({ body: rpc(403, 'PERMISSION_DENIED', [info('SERVICE_DISABLED')]) })).toMatchObject({
      code: 'SERVICE_DISABLED',
      subcode: 'PERMISSION_DENIED',
    })
    expect(readGoogleError({ body: rpc(404, 'NOT_FOUND') }).code).toBe('NOT_FOUND')
  })
  test('fields that are wrong are named, in both spellings', () => {
    const bad = {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: [{ field: 'summary', description: 'too long' }],
    }
    const old = {
      '@type': 'type.googleapis.com/google.mybusiness.v4.ValidationError',
      errorDetails: [{ code: 2, field: 'topic_type', message: 'Topic type is required.' }],
    }
    expect(readGoogleError({ body: rpc(400, 'INVALID_ARGUMENT', [bad]) }).text).toBe('No. summary: too long')
    expect(readGoogleError({ body: rpc(400, 'INVALID_ARGUMENT', [old]) }).text).toContain('topic_type: Topic type')
  })
  test('links in messages are taken out', () => {
    const body = { error: { message: 'See <a href="/x">quota</a>.' } }
    expect(readGoogleError({ body }).text).toBe('See quota.')
  })
  test('what is no envelope gives nothing, and never throws', () => {
    for (const body of [undefined, null, '<html>', 7, [], { error: null }, { error: { errors: 'x', details: {} } }])
      expect(readGoogleError({ body })).toEqual({ code: undefined, subcode: undefined, text: undefined })
  })
})

describe('rules', () => {
  test.each([
    [400, { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' }, 'reconnect'],
    [401, { error: 'invalid_client' }, 'not-permitted'],
    [401, rpc(401, 'UNAUTHENTICATED'), 'reconnect'],
    [403, rpc(403, 'PERMISSION_DENIED', [info('ACCESS_TOKEN_SCOPE_INSUFFICIENT')]), 'not-permitted'],
    [403, rpc(403, 'PERMISSION_DENIED', [info('SERVICE_DISABLED')]), 'not-permitted'],
    [403, legacy(403, 'dailyLimitExceeded'), 'too-fast'],
    [429, rpc(429, 'RESOURCE_EXHAUSTED', [info('RATE_LIMIT_EXCEEDED')]), 'too-fast'],
    [503, rpc(503, 'UNAVAILABLE'), 'unknown-outcome'],
    [400, rpc(400, 'FAILED_PRECONDITION'), 'unknown-outcome'],
  ])('%i %j is %s', (status, body, kind) => {
    const failure = sort(status, body)
    expect(failure.kind).toBe(kind)
    expect(failure.message).not.toContain('{text}')
  })
})

describe('midnight in California', () => {
  test.each([
    ['in winter', '2026-11-22T12:00:00Z', '2026-11-23T08:00:00Z'],
    ['in summer', '2026-07-22T06:59:59Z', '2026-07-22T07:00:00Z'],
    ['on the short day', '2026-03-08T08:30:00Z', '2026-03-09T07:00:00Z'],
    ['on the long day', '2026-11-01T07:30:00Z', '2026-11-02T08:00:00Z'],
    ['right at midnight', '2026-11-22T08:00:00Z', '2026-11-23T08:00:00Z'],
  ])('%s', (_when, now, then) => {
    expect(new Date(pacificMidnight(Date.parse(now))).toISOString()).toBe(new Date(then).toISOString())
  })
})
