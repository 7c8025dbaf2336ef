import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isFileTooLarge, pieceOf, smallerPiece } from './upload.ts'

const MiB = 1024 * 1024

describe('pieces of an upload', () => {
  test('1 MiB, and no larger than 1,000 pieces need', () => {
    expect(pieceOf(1)).toBe(MiB)
    expect(pieceOf(1000 * MiB)).toBe(MiB)
    expect(pieceOf(8 * 1024 * MiB)).toBe(Math.ceil((8 * 1024 * MiB) / 1000))
  })
  test('where smaller ones would be more than 1,000 the file is too large; where they are small already it is not blamed', () => {
    for (const bytes of [1001 * MiB, 3_000_000_000, 8_000_000_000])
      expect(isFileTooLarge(pieceOf(bytes), bytes, 0)).toBe(true)
    for (const piece of [MiB, 512 * 1024, 256 * 1024, 128 * 1024])
      expect(isFileTooLarge(piece, 2_500_000, 0)).toBe(false)
  })
  test('smaller ones are offered only while all of the file still fits into 1,000', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 * 1024 * MiB }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (bytes, part) => {
          let piece = pieceOf(bytes)
          let used = Math.min(999, Math.floor((part * bytes) / piece))
          let left = bytes - used * piece
          for (let next = smallerPiece(piece, left, used); next; next = smallerPiece(piece, left, used)) {
            expect(next).toBeLessThan(piece)
            expect(used + Math.ceil(left / next)).toBeLessThanOrEqual(1000)
            piece = next
            if (left > piece) {
              used++
              left -= piece
            }
          }
          expect(used + Math.ceil(left / piece)).toBeLessThanOrEqual(1000)
        },
      ),
    )
  })
})
