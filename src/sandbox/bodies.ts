/**
 * Reads request bodies whole, as imitations judge whole requests, without letting many of them fill memory: all bodies that
 * are being read or handled share one budget, and a body waits at the door (unread, the sender held back by TCP) until it fits.
 */
import type { IncomingMessage } from 'node:http'

export type Budget = { maxBody: number; inAll: number; waitMs: number }
export type Body = {
  bytes: Buffer /** Gives its room back; to be called when the request has been handled. */
  release: () => void
}

/** `gone`: the client left before all was sent. `too-big`: above `maxBody`. `busy`: no room within `waitMs`. */
export const bodyReader = ({ maxBody, inAll, waitMs }: Budget) => {
  let held = 0
  const waiting: { room: number; go: () => void }[] = []
  const admit = () => {
    for (let next = waiting[0]; next && held + next.room <= inAll; next = waiting[0]) {
      waiting.shift()
      held += next.room
      next.go()
    }
  }
  /** In the order they came, so that a large one is not passed for ever by small ones. */
  const reserve = (req: IncomingMessage, room: number) =>
    new Promise<'in' | 'gone' | 'busy'>((resolve) => {
      const settle = (how: 'in' | 'gone' | 'busy') => {
        clearTimeout(timer)
        req.off('close', left)
        const at = waiting.indexOf(mine)
        if (at >= 0) waiting.splice(at, 1)
        resolve(how)
        // Whoever stood behind it may fit now.
        if (how !== 'in') admit()
      }
      const mine = { room, go: () => settle('in') }
      const left = () => settle('gone')
      const timer = setTimeout(() => settle('busy'), waitMs)
      req.once('close', left)
      waiting.push(mine)
      admit()
    })

  /** Where parts go. One of known length is written where it will stay: parts and then the whole would be twice its size. */
  const keeper = (length: number | null) => {
    if (length === null) {
      const parts: Buffer[] = []
      return {
        add: (part: Buffer) => void parts.push(part),
        drop: () => void parts.splice(0),
        whole: () => Buffer.concat(parts),
      }
    }
    const whole = Buffer.allocUnsafe(length)
    let at = 0
    return {
      add: (part: Buffer) => {
        at += part.copy(whole, at)
      },
      drop: () => undefined,
      whole: () => whole.subarray(0, at),
    }
  }
  const collect = (req: IncomingMessage, length: number | null): Promise<Buffer | 'gone' | 'too-big'> =>
    new Promise((resolve) => {
      const kept = keeper(length)
      let size = 0
      req.on('data', (part: Buffer) => {
        size += part.length
        if (size <= maxBody) kept.add(part)
        // What is refused already is not kept while the rest arrives.
        else kept.drop()
      })
      req.once('end', () => resolve(size > maxBody ? 'too-big' : kept.whole()))
      req.once('close', () => resolve('gone'))
      req.once('error', () => resolve('gone'))
    })

  return async (req: IncomingMessage): Promise<Body | 'gone' | 'too-big' | 'busy'> => {
    const said = req.headers['content-length']
    const none = said === undefined && req.headers['transfer-encoding'] === undefined
    // A length is kept by Node's parser; a chunked body may become as large as any.
    const room = none ? 0 : Math.min(maxBody, Number(said ?? maxBody) || 0)
    const how = room === 0 ? 'in' : await reserve(req, room)
    if (how !== 'in') return how
    let over = false
    const release = () => {
      if (over) return
      over = true
      held -= room
      admit()
    }
    const length = Number(said)
    // A length that is refused keeps nothing; one that is not a number is read as it comes.
    const bytes = await collect(req, said === undefined || !(length >= 0 && length <= maxBody) ? null : length)
    if (typeof bytes !== 'string') return { bytes, release }
    release()
    return bytes
  }
}
