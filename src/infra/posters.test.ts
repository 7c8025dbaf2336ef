import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drawDocument, drawVideo } from './drawings.ts'
import { findFfmpeg, videoFrame } from './posters.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-posters-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

/** A program in the place of ffmpeg: the tool itself is somebody else's and need not be here. */
const tool = async (script: string) => {
  const path = join(dir, 'ffmpeg')
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return path
}
const frame = (ffmpeg: string, timeoutMs?: number) =>
  videoFrame('/videos/-i x.mp4', { ffmpeg, mime: 'video/mp4', durationMs: 600, timeoutMs })
const colours = async (png: Buffer) => {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true })
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * info.channels).subarray(0, 3)]
  return { width: info.width, height: info.height, at }
}

test('ffmpeg is looked for in the folders of the PATH, and in no other', async () => {
  const path = await tool('true')
  expect(findFfmpeg(['/nowhere', dir].join(delimiter))).toBe(path)
  expect(findFfmpeg('/nowhere')).toBeNull()
  expect(findFfmpeg('')).toBeNull()
  expect(findFfmpeg(undefined)).toBeNull()
  expect(findFfmpeg('relative')).toBeNull()
})

test('it gets the file as a file, the container by name, and none of our environment', async () => {
  const told = join(dir, 'told')
  const ffmpeg = await tool(`for a in "$@"; do echo "$a" >> ${told}; done; /usr/bin/env > ${told}.env; printf jpeg`)
  expect((await frame(ffmpeg))?.toString()).toBe('jpeg')
  const args = (await readFile(told, 'utf8')).split('\n')
  expect(args[args.indexOf('-i') + 1]).toBe('file:/videos/-i x.mp4')
  expect(args[args.indexOf('-f') + 1]).toBe('mov')
  expect(args[args.indexOf('-protocol_whitelist') + 1]).toBe('file')
  expect(args[args.indexOf('-ss') + 1]).toBe('0.300')
  expect(await readFile(`${told}.env`, 'utf8')).not.toMatch(/^(HOME|USER|NODE|VITEST|DATABASE_URL)/m)
})

test('one that fails, prints nothing, prints for ever or never ends gives no frame', async () => {
  expect(await frame(await tool('printf half; exit 1'))).toBeNull()
  expect(await frame(await tool('true'))).toBeNull()
  expect(await frame(await tool('exec /usr/bin/yes'))).toBeNull()
  expect(await frame(await tool('exec /bin/sleep 60'), 200)).toBeNull()
  expect(await frame(join(dir, 'not-there'))).toBeNull()
})

test('a drawn video keeps its shape and shows a play mark', async () => {
  const tall = await colours(await drawVideo({ width: 1080, height: 1920, durationMs: 83_000 }))
  expect([tall.width, tall.height]).toEqual([270, 480])
  // The triangle in its circle, in the middle.
  expect([tall.at(135, 240), tall.at(100, 240)]).toEqual([
    [51, 65, 85],
    [255, 255, 255],
  ])
  const wide = await colours(await drawVideo({ width: 1920, height: 1080, durationMs: null }))
  expect([wide.width, wide.height]).toEqual([480, 270])
  const extreme = await colours(await drawVideo({ width: 10_000, height: 10, durationMs: 0 }))
  expect([extreme.width, extreme.height]).toEqual([480, 240])
})

test('a drawing tells the length and the pages: another number is another picture', async () => {
  const lengths = [1000, 61_000, 7_261_000]
  const drawn = await Promise.all(lengths.map((durationMs) => drawVideo({ width: 16, height: 9, durationMs })))
  const pages = await Promise.all([undefined, 1, 250].map((n) => drawDocument({ label: 'PDF', pages: n })))
  expect(new Set([...drawn, ...pages].map((b) => b.toString('base64'))).size).toBe(6)
})
