/** A little TCP proxy: the network between Clarion's processes and what they use, which can be slow, or cut. */
import { once } from 'node:events'
import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net'
import { Transform } from 'node:stream'

export type Wire = {
  port: number
  /** Every piece, either way, comes this much later (ms); 0 = at once. */
  slow: (ms: number) => void
  /** Breaks every connection there is; new ones are let through. */
  cut: () => number
  /** Connections there are. */
  open: () => number
  /** While it is away every connection is broken, new ones at once. */
  away: (is: boolean) => void
  close: () => Promise<void>
}

/** `to`: where a connection leads, asked anew for each; the first that answers is taken. */
export const startProxy = async (to: () => readonly NetConnectOpts[]): Promise<Wire> => {
  let delay = 0
  let away = false
  const open = new Set<Socket>()
  const late = () =>
    new Transform({
      transform: (piece, _encoding, done) =>
        delay > 0 ? void setTimeout(done, delay, null, piece) : done(null, piece),
    })
  const join = (a: Socket, b: Socket) => {
    for (const [from, into] of [
      [a, b],
      [b, a],
    ] as const) {
      open.add(from)
      from.setNoDelay(true)
      from.once('close', () => {
        open.delete(from)
        into.destroy()
      })
      from.pipe(late()).pipe(into)
    }
  }
  const lead = (from: Socket, ways: readonly NetConnectOpts[]): void => {
    const [first, ...rest] = ways
    if (!first || from.destroyed || away) return void from.destroy()
    const there = connect(first)
    const failed = () => lead(from, rest)
    there.once('error', failed)
    there.once('connect', () => {
      there.off('error', failed)
      there.on('error', () => undefined)
      join(from, there)
    })
  }
  const server = createServer((from) => {
    from.on('error', () => undefined)
    lead(from, to())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    const { size } = open
    for (const socket of [...open]) socket.destroy()
    return size
  }
  return {
    port: (server.address() as { port: number }).port,
    slow: (ms) => {
      delay = ms
    },
    cut,
    open: () => open.size,
    away: (is) => {
      away = is
      if (is) cut()
    },
    close: async () => {
      server.close()
      cut()
      await once(server, 'close')
    },
  }
}
