/**
 * Every function over people's text is linear or bounded, on every platform: a text no network would take must not stop
 * the process, or the browser, for those who wait. Time of the processor, best of several tries: a busy machine proves nothing.
 */
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import { preflight } from '#kit/facts/preflight.ts'
import { hostileTexts } from '#kit/testing/hostile.ts'
import type { PreviewProps } from '#kit/web/slots.ts'
import { faces } from '#platforms/registry/web.gen.ts'

const limitMs = 50
const tries = 8

const best = (work: () => unknown): number => {
  let ms = Number.POSITIVE_INFINITY
  for (let i = 0; i < tries && ms > limitMs; i++) {
    const begun = process.threadCpuUsage()
    work()
    const used = process.threadCpuUsage(begun)
    ms = Math.min(ms, (used.user + used.system) / 1000)
  }
  return ms
}

const channel = { name: 'Bread', handle: 'bread', avatarUrl: null }

describe.each(faces.map((face) => [face.spec.id, face] as const))('%s', (_, face) => {
  test(`100 kB of any shape are counted, split, checked and shown within ${limitMs} ms each`, async () => {
    const body = await face.load()
    const slow: string[] = []
    for (const [shape, text] of Object.entries(hostileTexts)) {
      const segments = [{ text, media: [] }]
      const work: Record<string, () => unknown> = {
        count: () => body.text.count(text),
        split: () => body.text.split(text, face.spec.text.max),
        preflight: () =>
          preflight(body, { segments, firstComment: text, settings: {}, channel: { kind: 'profile', facts: {} } }),
        cost: () => body.cost?.({ segments, settings: {}, channel: { kind: 'profile', facts: {} } }),
        preview: () => {
          const props: PreviewProps = {
            segments,
            channel,
            settings: {},
            firstComment: text,
            attachments: {},
            say: (key) => key,
            at: '2026-11-30T12:00:00Z',
          }
          return renderToStaticMarkup(<body.Preview {...props} />)
        },
      }
      for (const [name, run] of Object.entries(work)) {
        const ms = best(run)
        if (ms > limitMs) slow.push(`${name} of ${shape}: ${Math.round(ms)} ms`)
      }
    }
    expect(slow).toEqual([])
  })
})
