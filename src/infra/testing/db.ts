/** A PostgreSQL database of its own for a test. Set CLARION_TEST_PG=15 to run on the machine's PostgreSQL 15. */
import { request } from 'node:http'
import { inject } from 'vitest'
import { type Database, openDatabase, type Patience } from '../db/database.ts'

export type TestDatabase = Database & {
  /** postgres:// URL, for processes the test starts. */
  url: string
  /** The database's name. */
  name: string
  /** Closes the pool and drops the database. */
  drop: () => Promise<void>
}

const ask = (method: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const req = request({ socketPath: inject('clarionTestSocket'), method, path, agent: false }, (res) => {
      let text = ''
      res.setEncoding('utf8')
      res.on('data', (d: string) => (text += d))
      res.on('end', () => (res.statusCode === 200 ? resolve(text) : reject(new Error(text))))
    })
    req.on('error', reject)
    req.end()
  })

/**
 * A fresh, migrated, empty database (about 50 ms; the first of a run also starts the server, 1-4 s). `empty`: without
 * our tables. Call `drop()` in afterAll/afterEach.
 */
export const testDatabase = async (
  o: { empty?: boolean; poolSize?: number; patience?: Patience } = {},
): Promise<TestDatabase> => {
  const url = await ask('POST', o.empty ? '/empty' : '/')
  const database = openDatabase(url, { poolSize: o.poolSize ?? 10, ...(o.patience && { patience: o.patience }) })
  const name = new URL(url.replace('@/', '@localhost/')).pathname.slice(1)
  return {
    ...database,
    url,
    name,
    drop: async () => {
      await database.close()
      await ask('DELETE', `/${name}`)
    },
  }
}
