import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Cursor, readCursor, writeCursor } from './cursor.ts'

const lists: Cursor['list'][] = ['newest', 'calendar', 'media']
const refused = (text: string) => {
  for (const list of lists)
    expect(() => readCursor(text, list)).toThrow(expect.objectContaining({ code: 'bad-cursor' }))
}

test('a cursor reads back as it was written, in its own list only, and nothing else is one', () => {
  fc.assert(
    fc.property(fc.constantFrom(...lists), fc.integer({ min: 0, max: 4e12 }), fc.uuid(), (list, ms, id) => {
      const cursor = writeCursor({ list, at: new Date(ms), id })
      expect(readCursor(cursor, list)).toEqual({ list, at: new Date(ms), id })
      for (const other of lists)
        if (other !== list)
          expect(() => readCursor(cursor, other)).toThrow(expect.objectContaining({ code: 'bad-cursor' }))
    }),
  )
  // Padding in front is no base64, though every character is one of its own.
  fc.assert(fc.property(fc.string(), refused), { examples: [['=+//'], ['===='], ['A===']] })
  fc.assert(fc.property(fc.base64String(), refused))
})
