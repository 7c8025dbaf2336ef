/** Page cursors of every list: opaque to clients, checked when they come back. */
import { createHash } from 'node:crypto'
import { Problem } from '#contract/problems.ts'

/** Where a page ended: the sort key of its last item, and its id for ties. `list` says which list it belongs to. */
export type Cursor = { list: 'newest' | 'calendar' | 'media'; at: Date; id: string }

/** Catches a cut or changed cursor. No secret: a cursor opens nothing its owner could not ask for anyway. */
const checksum = (text: string) => createHash('sha256').update(`clarion-cursor:${text}`).digest('base64url').slice(0, 8)
const shape = /^(newest|calendar|media) (\d{1,15}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

export const writeCursor = (c: Cursor): string => {
  const text = `${c.list} ${c.at.getTime()} ${c.id}`
  return Buffer.from(`${text} ${checksum(text)}`).toString('base64url')
}

/** Throws `bad-cursor` for anything `writeCursor` did not make for this list. */
export const readCursor = (cursor: string, list: Cursor['list']): Cursor => {
  const whole = Buffer.from(cursor, 'base64url').toString('latin1')
  const cut = whole.lastIndexOf(' ')
  const text = whole.slice(0, cut)
  const m = shape.exec(text)
  const ours = Buffer.from(whole, 'latin1').toString('base64url') === cursor && checksum(text) === whole.slice(cut + 1)
  if (!m || !ours || m[1] !== list) throw new Problem('bad-cursor')
  return { list, at: new Date(Number(m[2])), id: m[3]! }
}
