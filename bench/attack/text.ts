/** Slow text: one request must not keep the others waiting (A3). */
import { type Case, group, type Stand } from './stand.ts'
import { slowestWhile } from './waiting.ts'

const shapes: Record<string, string> = {
  'dotted latin': 'a.',
  'dotted cjk': '中.',
  'two letters': 'aa.',
  underscored: 'a_.',
  hyphens: 'a-',
  umlauts: 'ü.',
  schemes: 'https://',
  'addresses that end nowhere': 'http://a.b/(',
  hashes: '#',
  tags: '#a',
  handles: '@a.',
  brackets: '([{<',
  stars: '**__~~||',
  entities: '&amp;&#',
  'open tags': '<b ',
  joiners: '👩\u200d',
  flags: '🇵',
  marks: 'e\u0301\u0302',
  spaces: ' \u00a0\u2003',
  newlines: '\n>',
}
const length = 60_000
/** A healthy answer takes milliseconds; the machine may be busy, the fault took 20 s and more (ms). */
const patienceMs = 3_000

const health = (s: Stand) => () => s.ask('/health/live', { as: 'nobody' })

export const text: readonly Case[] = group('A3', {
  'preflight of long text in twenty hostile shapes, on every network': async (s) => {
    const viewer = await s.person('viewer')
    const publications = s.channels.map(({ id }) => ({ channelId: id }))
    const slow: string[] = []
    for (const [name, piece] of Object.entries(shapes)) {
      const body = {
        content: { segments: [{ text: piece.repeat(Math.ceil(length / piece.length)).slice(0, length) }] },
        publications,
      }
      let status = 0
      const worst = await slowestWhile(
        s.ask(`${s.ws}/preflight`, { as: viewer, body }).then((r) => {
          status = r.status
        }),
        health(s),
      )
      if (worst > patienceMs) slow.push(`${name}: others waited ${Math.round(worst)} ms`)
      if (status !== 200) slow.push(`${name}: answered ${status}`)
    }
    return slow.length === 0 ? null : slow.join(', ')
  },
  'multipart headers that go on and on': async (s) => {
    const { credentials } = await s.tokens(s.at('api.telegram.org'))
    const head = `content-disposition:${';'.repeat(2_000_000)}`
    const body = `--x\r\n${head}\r\n\r\nhi\r\n--x--\r\n`
    const worst = await slowestWhile(
      s.ask(`/sandbox/api.telegram.org/bot${credentials.botToken}/sendMessage`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
      }),
      health(s),
    )
    return worst > patienceMs ? `others waited ${Math.round(worst)} ms` : null
  },
})
