/** The way to PostgreSQL, where a test can cut it: around one statement, as a broken network or a killed process would. */
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * `before`: the statement never arrives. `after`: it is done and committed, and the answer is lost with the connection.
 * `silence`: it is done, and no answer ever comes, as for a process that is gone.
 */
export type Cut = 'before' | 'after' | 'silence'

/** `url`: of a database on a Unix socket. What goes by is not read: statements are told by their turns. */
export const cutWire = async (url: string) => {
  const there = new URL(url.replace('@/', '@localhost/')).searchParams.get('host')!
  const dir = await mkdtemp(join(tmpdir(), 'clarion-wire-'))
  const open = new Set<Socket>()
  let plan: (Cut | null)[] = []
  let statements = 0
  let done = () => {}

  const server = createServer((client) => {
    const database = connect(join(there, '.s.PGSQL.5432'))
    for (const s of [client, database]) {
      open.add(s)
      s.on('error', () => {})
      s.on('close', () => open.delete(s))
    }
    const cut = () => {
      client.destroy()
      database.destroy()
    }
    client.on('close', cut)
    database.on('close', () => client.destroy())
    let ready = false
    let lose: Cut | null = null
    client.on('data', (chunk) => {
      if (ready) {
        ready = false
        statements++
        lose = plan.shift() ?? null
        if (lose === 'before') {
          done()
          return cut()
        }
      }
      database.write(chunk)
    })
    database.on('data', (chunk) => {
      // ReadyForQuery: the statement is over, and committed unless a transaction is open.
      ready = chunk.at(-6) === 0x5a && chunk.at(-2) === 5
      if (lose === null) return void client.write(chunk)
      if (!ready) return
      if (lose === 'after') cut()
      done()
    })
  })
  await new Promise<void>((r) => server.listen(join(dir, '.s.PGSQL.5432'), r))

  return {
    url: url.replace(/host=[^&]*/, `host=${encodeURIComponent(dir)}`),
    /** What happens to the next statements, one by one; null: nothing. What stood before is forgotten. Resolves when one was lost. */
    cut: (next: (Cut | null)[]) =>
      new Promise<void>((resolve) => {
        plan = [...next]
        done = resolve
      }),
    /** Statements seen. */
    statements: () => statements,
    close: async () => {
      for (const s of open) s.destroy()
      await new Promise((r) => server.close(r))
      await rm(dir, { recursive: true, force: true })
    },
  }
}
