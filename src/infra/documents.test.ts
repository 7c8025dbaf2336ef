import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DocumentRefused } from './document-facts.ts'
import { inspectDocument } from './documents.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-documents-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const look = async (text: string | Buffer) => {
  const path = join(dir, 'd.pdf')
  await writeFile(path, typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  return inspectDocument(path)
}
const refused = (text: string) =>
  look(text).then(
    () => 'taken',
    (e: unknown) => (e instanceof DocumentRefused ? e.reason : e),
  )
const tail = 'trailer\n<< /Size 9 /Root 1 0 R >>\nstartxref\n9\n%%EOF\n'
const leaf = (n: number) => `${n} 0 obj\n<< /Type /Page /Parent 2 0 R >>\nendobj\n`
const leaves = (n: number) => Array.from({ length: n }, (_, i) => leaf(i + 10)).join('')
const tree = (count: number) => `2 0 obj\n<< /Type /Pages /Kids [10 0 R] /Count ${count} >>\nendobj\n`

test('the root of the page tree says how many pages there are, not its branches', async () => {
  const branch = '3 0 obj\n<</Parent 2 0 R/Type/Pages/Count 90/Kids[10 0 R]>>\nendobj\n'
  expect(await look(`%PDF-1.7\n${branch}${tree(4)}${leaves(4)}${tail}`)).toEqual({ mime: 'application/pdf', pages: 4 })
  expect(
    await look(`%PDF-1.7\n2 0 obj <</Count 6/Kids[3 0 R]/Type/Pages>> endobj ${branch}${leaves(4)}${tail}`),
  ).toMatchObject({ pages: 6 })
})

test('a changed PDF has the pages of its last version', async () => {
  expect(await look(`%PDF-1.7\n${tree(9)}${leaves(9)}${tail}${tree(3)}${tail}`)).toMatchObject({ pages: 3 })
})

test('without a root the pages themselves are counted', async () => {
  expect(await look(`%PDF-1.4\n${leaves(5)}${tail}`)).toMatchObject({ pages: 5 })
})

test('pages packed into object streams are found', async () => {
  const packed = deflateSync(
    Buffer.from('2 0 3 60 << /Type /Pages /Kids [3 0 R] /Count 12 >> << /Type /Page /Parent 2 0 R >>'),
  )
  const stream = (length: string) =>
    Buffer.concat([
      Buffer.from(`%PDF-1.5\n7 0 obj\n<< /Type /ObjStm /N 2 /First 8 /Filter /FlateDecode ${length} >>\nstream\r\n`),
      packed,
      Buffer.from('\nendstream\nendobj\n8 0 obj\n<< /Type /XRef /Root 1 0 R >>\nendobj\nstartxref\n9\n%%EOF'),
    ])
  expect(await look(stream(`/Length ${packed.length}`))).toMatchObject({ pages: 12 })
  // The length may stand elsewhere in the file.
  expect(await look(stream('/Length 9 0 R'))).toMatchObject({ pages: 12 })
})

test('a page tree across the pieces the file is read in is counted once', async () => {
  for (const shift of [-70_000, -33_000, -32_000, -500, -20, 0, 500]) {
    const filler = ' '.repeat(1_000_000 + shift)
    expect([shift, await look(`%PDF-1.4\n${filler}${leaves(7)}${filler}${tail}`)]).toEqual([
      shift,
      { mime: 'application/pdf', pages: 7 },
    ])
  }
})

test('a count that cannot be found is unknown, not guessed', async () => {
  expect(await look(`%PDF-1.5\n1 0 obj\n<< /Type /Catalog >>\nendobj\n${tail}`)).toEqual({ mime: 'application/pdf' })
  const broken = '7 0 obj\n<< /Type /ObjStm /Filter /FlateDecode /Length 9 >>\nstream\nnot zlib!\nendstream\n'
  expect(await look(`%PDF-1.5\n${broken}${tail}`)).toEqual({ mime: 'application/pdf' })
  expect(await look(`%PDF-1.5\n2 0 obj\n<< /Type /Pages /Count 99999999999 >>\nendobj\n${tail}`)).toEqual({
    mime: 'application/pdf',
  })
})

test('what is no PDF, is cut short or locked is refused, each by its name', async () => {
  expect(await refused('<html>')).toBe('not-a-document')
  expect(await refused(`%PDF-1.4\n${leaves(3)}`)).toBe('broken')
  const locked = tail.replace('/Size', '/Encrypt 5 0 R /Size')
  expect(await refused(`%PDF-1.4\n${leaves(3)}${locked}`)).toBe('encrypted')
  expect(await refused(`%PDF-1.5\n8 0 obj\n<< /Type /XRef /Encrypt 5 0 R >>\nendobj\nstartxref\n9\n%%EOF`)).toBe(
    'encrypted',
  )
  // The word in a text is no lock.
  expect(await refused(`%PDF-1.4\n${leaves(3)}(/Encrypt 5 0 R)${' '.repeat(3000)}${tail}`)).toBe('taken')
})
