import { expect, test } from 'vitest'
import { readMultipart } from './multipart.ts'

const body = (...heads: string[]) =>
  Buffer.from(`${heads.map((h) => `--x\r\n${h}\r\n\r\nvalue\r\n`).join('')}--x--\r\n`)
const read = (...heads: string[]) => readMultipart('multipart/form-data; boundary=x', body(...heads))

test('names and file names are read, quoted or bare', () =>
  expect(
    read(
      'Content-Disposition: form-data; name="a"; filename="b; name=c.png"\r\nContent-Type: image/png',
      'X-Other: 1\r\ncontent-disposition: form-data;name=d',
    ),
  ).toMatchObject([
    { name: 'a', filename: 'b; name=c.png', mime: 'image/png' },
    { name: 'd', mime: 'text/plain' },
  ]))

test.each([
  ['semicolons', `content-disposition:${';'.repeat(200_000)}`],
  ['names without an end', `content-disposition:${';name="'.repeat(30_000)}`],
  ['types without an end', `content-type:${' '.repeat(200_000)}`],
])('a header of 200 kB of %s is read at once', (_, head) => {
  const used = () => {
    const begun = process.threadCpuUsage()
    read(head)
    const { user, system } = process.threadCpuUsage(begun)
    return (user + system) / 1000
  }
  expect(Math.min(...Array.from({ length: 5 }, used))).toBeLessThan(50)
})
