import { describe, expect, it } from 'vitest'
import { mediaLimits } from '#contract/media.ts'
import { accept, durationText, kindOfFile, refusalOf } from './files.ts'

const file = (name: string, type = '', size = 1) => ({ name, type, size })

describe('files a person picks', () => {
  it('are known by their type, or by their name where the system knows no type', () => {
    expect(kindOfFile(file('a', 'image/webp'))).toBe('image')
    expect(kindOfFile(file('a.bin', 'video/mp4'))).toBe('video')
    expect(kindOfFile(file('IMG_1.MOV'))).toBe('video')
    expect(kindOfFile(file('clip.m4v', 'video/x-m4v'))).toBe('video')
    expect(kindOfFile(file('deck.pdf'))).toBe('document')
    expect(kindOfFile(file('a.avi', 'video/x-msvideo'))).toBe('video')
    expect(kindOfFile(file('letter.docx'))).toBe('document')
    expect(kindOfFile(file('a.jpg', 'image/pjpeg'))).toBe('image')
    expect(kindOfFile(file('a.jpg', 'application/octet-stream'))).toBe('image')
    expect(kindOfFile(file('IMG_2.HEIC'))).toBe('image')
    for (const other of [file('a.zip'), file('a.svg', 'image/svg+xml'), file('a.mp3', 'audio/mpeg'), file('')])
      expect(kindOfFile(other)).toBeNull()
  })
  it('are refused before they are sent when their kind is not taken or they are too large for it', () => {
    expect(refusalOf(file('a.zip'))).toMatchObject({ reason: 'not-taken' })
    const large = file('a.mp4', 'video/mp4', 5 * 1024 ** 3)
    expect([refusalOf(large)?.limit, refusalOf(large, 8 * 1024 ** 3)]).toEqual([mediaLimits.videoBytes, null])
    expect(refusalOf(file('a.png', 'image/png', mediaLimits.imageBytes))).toBeNull()
    expect(refusalOf(file('a.png', 'image/png', mediaLimits.imageBytes + 1))).toMatchObject({
      reason: 'too-large',
      limit: mediaLimits.imageBytes,
    })
    expect(refusalOf(file('a.mp4', 'video/mp4', mediaLimits.imageBytes + 1))).toBeNull()
    expect(refusalOf(file('a.pdf', '', mediaLimits.documentBytes + 1))).toMatchObject({ reason: 'too-large' })
  })
  it('can be picked: every type Clarion takes is offered', () => {
    for (const type of [...mediaLimits.types, ...mediaLimits.videoTypes, ...mediaLimits.documentTypes])
      expect(accept.split(',')).toContain(type)
  })
  it('have a length people read', () => {
    expect([0, 999, 59_400, 60_000, 3_599_000, 3_661_000].map(durationText)).toEqual([
      '0:00',
      '0:01',
      '0:59',
      '1:00',
      '59:59',
      '1:01:01',
    ])
  })
})
