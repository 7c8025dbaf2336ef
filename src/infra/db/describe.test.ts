import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../testing/db.ts'
import { describeSchema } from './describe.ts'

let db: TestDatabase
let copy: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
  copy = await testDatabase({ empty: true })
})
afterAll(async () => {
  await db.drop()
  await copy.drop()
})

test('schema.sql is what the migrations add up to', async () => {
  const committed = await readFile(new URL('../../../schema.sql', import.meta.url), 'utf8')
  expect(committed.split('\n').slice(2).join('\n')).toBe(await describeSchema(db.pool))
})

test('the text is SQL that makes the same schema again', async () => {
  const text = await describeSchema(db.pool)
  await copy.pool.query(text)
  expect(await describeSchema(copy.pool)).toBe(text)
})
