import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { asText, createLog } from './log.ts'

const lines = (format: 'json' | 'text') => {
  const to = new PassThrough()
  const log = createLog({ logLevel: 'info', logFormat: format }, to)
  return { log, text: () => String(to.read() ?? '') }
}

test('secrets are cut out, by key at any depth and by shape in any text', () => {
  const { log, text } = lines('json')
  log.info(
    {
      headers: { authorization: 'Bearer abcdefghijkl' },
      grant: { accessToken: 's3cr3t-a' },
      a: { b: { password: 's3cr3t-b' } },
      refresh_token: 's3cr3t-c',
    },
    'call',
  )
  log.error(
    new Error('GET https://x.example/cb?code=s3cr3tcode&state=1 with Bearer s3cr3t.token.value'),
    'key clr_s3cr3ts3cr3t',
  )
  log.info(
    { url: 'postgres://clarion:s3cr3tpw@db/clarion', bot: '123456789:AAs3cr3t-s3cr3ts3cr3ts3cr3ts3cr3ts3cr3t' },
    'x',
  )
  const all = text()
  expect(all).not.toContain('s3cr3t')
  expect(all).not.toContain('abcdefghijkl')
  expect(all).toContain('postgres://clarion:***@db/clarion')
  expect(all).toContain('state=1')
})

test('below the level nothing is written', () => {
  const { log, text } = lines('json')
  log.debug('quiet')
  expect(text()).toBe('')
})

test('text lines are for people: time, level, message, the rest', () => {
  expect(asText('{"level":40,"time":0,"msg":"late","ms":12,"who":"a b"}')).toBe('00:00:00 warn  late ms=12 who=a b\n')
  const { log, text } = lines('text')
  log.error(new Error('boom'), 'it broke')
  expect(text()).toMatch(/error it broke\n {2}Error: boom\n {6}at /)
})

test('nothing that is logged moves the cursor, forges a line or turns the reading direction', () => {
  const { log, text } = lines('text')
  const evil = 'a\u001b[2J\r\nERROR forged\u0007\u009b31m\u2028\u202ex\u0000\u007f'
  log.info({ from: evil, deep: { [evil]: evil } }, evil)
  log.error(new Error(evil), 'broke')
  const out = text()
  expect(out.replace(/[\t\n]/g, '')).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u)
  expect(out).toContain('a\\u001b[2J\\r\\nERROR forged')
  // A line of its own begins with a time, a line of a stack with a space.
  for (const line of out.trimEnd().split('\n')) expect(line).toMatch(/^(\d\d:\d\d:\d\d | {2})/)
  expect(asText('no json \u001b[31m\n')).toBe('no json \\u001b[31m\n')
})
