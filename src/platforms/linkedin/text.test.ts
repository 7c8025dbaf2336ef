import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { WebhookContext, WebhookRequest } from '#kit/client/webhook.ts'
import { hostileTexts } from '#kit/testing/hostile.ts'
import { shown } from './sandbox/littletext.ts'
import {
  commentary,
  echoedKey,
  littleEscape,
  mention,
  readable,
  sameText,
  seen,
  sentKey,
  text,
  visible,
} from './text.ts'
import { webhook } from './webhook.ts'

const fixture = (name: string) => JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/text/${name}`, 'utf8'))

describe('little text', () => {
  const { vectors } = fixture('little-text.json') as { vectors: { plain: string; escaped: string }[] }
  for (const { plain, escaped } of vectors.filter((v) => !v.plain.startsWith('#hashtag stays')))
    test(`${JSON.stringify(plain)} is escaped`, () => expect(littleEscape(plain)).toBe(escaped))

  test.each([
    ['Va al repo (durable)', 'Va al repo \\(durable\\)'],
    ['a\\b', 'a\\\\b'],
    ['#AI_x rocks', '#AI\\_x rocks'],
    ['C# and a#b and #1 and ##', 'C\\# and a\\#b and \\#1 and \\#\\#'],
    ['https://a.example/#top', 'https://a.example/\\#top'],
    ['@[A (B) Co](urn:li:organization:7) hi', '@[A \\(B\\) Co](urn:li:organization:7) hi'],
    ['@[no end](urn:li:share:1)', '\\@\\[no end\\]\\(urn:li:share:1\\)'],
    ['me@example.com', 'me\\@example.com'],
    ['(#tag)', '\\(#tag\\)'],
  ])('%s goes out as %s', (source, sent) => expect(commentary(source)).toBe(sent))

  test('whatever is written is what people see, to the last sign', () => {
    const signs = [
      '\\',
      '|',
      '{',
      '}',
      '@',
      '[',
      ']',
      '(',
      ')',
      '<',
      '>',
      '#',
      '*',
      '_',
      '~',
      'a',
      ' ',
      'ż',
      '👋',
      '\n',
    ]
    let seed = 7
    const pick = () => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff
      return signs[seed % signs.length]!
    }
    for (let n = 0; n < 400; n++) {
      const source = Array.from({ length: 24 }, pick).join('')
      expect(shown(commentary(source), () => null)).toBe(visible(source))
    }
  })
  test('mentions and hashtags are marked where people see them', () => {
    const { text: shownText, marks } = seen('By @[Acme](urn:li:organization:1) for #all_of you')
    expect(marks.map((m) => shownText.slice(m.start, m.end))).toEqual(['Acme', '#all_of'])
  })
  test('a mention counts as its name', () => {
    expect(text.count('Hi @[Acme](urn:li:organization:1)!')).toBe('Hi Acme!'.length)
    expect(mention('Acme [EU]', 'urn:li:organization:1')).toBe('@[Acme  EU ](urn:li:organization:1)')
  })
})

describe('the key that tells two texts are one post', () => {
  const same = (sent: string, echoed: string) => expect(echoedKey(echoed)).toBe(sentKey(sent))
  test('escapes are undone', () => same('a_b (c) \\ #', 'a\\_b \\(c\\) \\\\ \\#'))
  test('hashtags come back as templates', () => same('On #AI_x now', 'On {hashtag|\\#|AI\\_x} now'))
  test('mentions come back as elements', () =>
    same('@[A (B)](urn:li:organization:1)', '@[A \\(B\\)](urn:li:organization:1)'))
  test('white space and accents are levelled', () => same('  cafe\u0301\n\n x', 'café x'))
  test('a link may come back short, and another text with it is another post', () => {
    expect(sameText('See https://example.com/a_b now', 'See https://lnkd.in/x1 now')).toBe(true)
    expect(sameText('See https://example.com/a_b now', 'See https://lnkd.in/x1 then')).toBe(false)
    expect(sameText('See https://example.com/1', 'See https://example.com/2')).toBe(false)
  })
  test('another word is another post', () => expect(echoedKey('Tuesday')).not.toBe(sentKey('Wednesday')))
  test('an escaped template is text', () => expect(readable('\\{hashtag\\|\\#\\|x\\}')).toBe('{hashtag|#|x}'))
})

describe('webhooks as LinkedIn signs them', () => {
  const { secret, challenge, delivery } = fixture('webhook-signature.json')
  const t = { credentials: { pagesClientSecret: secret, clientSecret: 'another' } } as unknown as WebhookContext
  const request = (r: Partial<WebhookRequest>): WebhookRequest => ({
    method: 'POST',
    headers: {},
    query: {},
    body: Buffer.alloc(0),
    ...r,
  })
  test('the challenge is answered', () => {
    const query = { challengeCode: challenge.challengeCode }
    const reply = webhook.handshake!(t, request({ method: 'GET', query }))
    expect(reply).toMatchObject({ status: 200, type: 'application/json' })
    expect(JSON.parse(reply!.body)).toEqual(challenge.response)
    expect(webhook.handshake!(t, request({ method: 'GET' }))).toBeNull()
  })
  test('the signature is over a prefix and the raw body', () => {
    const body = Buffer.from(delivery.rawBody)
    const headers = { 'x-li-signature': delivery.headers['X-LI-Signature'] }
    expect(webhook.verify(t, request({ body, headers }))).toBe('ok')
    const bare = createHmac('sha256', secret).update(body).digest('hex')
    expect(webhook.verify(t, request({ body, headers: { 'x-li-signature': bare } }))).toBe('forged')
    expect(webhook.events(request({ body }))).toMatchObject([{ key: 'linkedin:1', does: 'comment', account: null }])
  })
})

test.each([
  ...Object.entries(hostileTexts),
  ['open templates', '{hashtag|\\#|'.repeat(8_000)],
  ['open names', '@[a\\]'.repeat(20_000)],
])('100 kB are written, read back and compared at once: %s', (_, source) => {
  const used = () => {
    const begun = process.threadCpuUsage()
    commentary(source)
    readable(source)
    const { user, system } = process.threadCpuUsage(begun)
    return (user + system) / 1000
  }
  expect(Math.min(...Array.from({ length: 5 }, used))).toBeLessThan(50)
})
