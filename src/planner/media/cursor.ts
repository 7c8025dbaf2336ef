/** Where a page of media ended: the newest first, by time and id. */
export type Cursor = { at: Date; id: string }
export const writeCursor = (c: Cursor): string => btoa(`${c.at.getTime()}.${c.id}`)
/** Null = not one of ours. */
export const readCursor = (text: string): Cursor | null => {
  const raw = /^[A-Za-z0-9+/]{1,98}={0,2}$/.test(text) && text.length % 4 === 0 ? atob(text) : ''
  const m = /^(\d{1,15})\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/.exec(raw)
  return m ? { at: new Date(Number(m[1])), id: m[2]! } : null
}
