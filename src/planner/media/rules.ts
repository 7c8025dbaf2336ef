/** Pure words of media: names, kinds of files, byte ranges, and what keeps a file from being deleted. */
import { mediaLimits } from '#contract/media.ts'
import type { PublicationState } from '#contract/posts.ts'

/** States in which a publication will never need its media again. A failed or missed one may be tried again. */
export const endedStates: readonly PublicationState[] = ['published', 'cancelled']

/** A file name fit to show: no path, no control characters, at most 200 characters. */
export const cleanName = (name: string): string => {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
  const text = last.replace(/[\u0000-\u001f\u007f]/g, '').trim()
  return text.isWellFormed() && text !== '' ? text.slice(0, 200).toWellFormed() : 'picture'
}

/** The last part of an address as a name; escapes that are not UTF-8 stay as they are. */
export const nameOfUrl = ({ pathname }: { pathname: string }): string => {
  const last = pathname.split('/').at(-1) ?? ''
  try {
    return cleanName(decodeURIComponent(last))
  } catch {
    return cleanName(last)
  }
}

/** Bytes of a file's beginning that `kindOf` wants to see. */
export const headBytes = 4096

/**
 * What a file is by its first bytes, whatever it calls itself. `image`: pictures, and anything the picture's own reader
 * explains best. `looks`: not taken, and what it seems to be.
 */
export type FileKind = { kind: 'image' | 'video' | 'document'; looks?: undefined } | { kind: null; looks: string }

const heic =
  'a HEIC photo, as phones take them, which Clarion cannot read yet. Save it as JPEG; an iPhone takes JPEG with Settings > Camera > Formats > Most Compatible'
const avif = 'an AVIF picture, which Clarion cannot read yet. Save it as JPEG, PNG or WebP'
const sound = 'sound; networks take it only with a picture, as MP4'
type Marks = readonly (readonly [at: number, text: string])[]
/** Beginnings of files: text at an offset, and another one further on where it takes two. */
const others: readonly { is: FileKind; starts: readonly Marks[] }[] = [
  {
    is: { kind: 'video' },
    starts: [
      [
        [0, 'RIFF'],
        [8, 'AVI '],
      ],
      [[0, 'FLV\x01']],
      [[0, '0&\xb2u']],
      [[0, '\0\0\x01\xba']],
      [[0, '\0\0\x01\xb3']],
    ],
  },
  // Office documents; what else is a zip or a compound file is refused where its directory is read.
  { is: { kind: 'document' }, starts: [[[0, 'PK\x03\x04']], [[0, '\xd0\xcf\x11\xe0']]] },
  {
    is: { kind: null, looks: 'an MPEG transport stream; export it as MP4' },
    starts: [
      [
        [0, 'G'],
        [188, 'G'],
        [376, 'G'],
      ],
    ],
  },
  {
    is: { kind: null, looks: sound },
    starts: [
      [[0, 'OggS']],
      [[0, 'ID3']],
      [[0, 'fLaC']],
      [
        [0, 'RIFF'],
        [8, 'WAVE'],
      ],
      [[0, '\xff\xfb']],
      [[0, '\xff\xf3']],
    ],
  },
]

/** Judges the beginning of a file (up to `headBytes` of it). */
export const kindOf = (head: Uint8Array): FileKind => {
  const text = String.fromCharCode(...head.subarray(0, headBytes))
  if (text.startsWith('%PDF-')) return { kind: 'document' }
  if (text.startsWith('\x1aE\xdf\xa3')) {
    // EBML: the DocType stands in the header, within the first bytes.
    return /webm|matroska/.test(text.slice(0, 80)) ? { kind: 'video' } : { kind: null, looks: 'no video Clarion knows' }
  }
  if (text.slice(4, 8) === 'ftyp') {
    const brand = text.slice(8, 12)
    if (/^(avif|avis|mif1|msf1|hei|hev)/.test(brand))
      return { kind: null, looks: /avi[fs]/.test(text.slice(8, 64)) ? avif : heic }
    return /^M4[AB] /.test(brand) ? { kind: null, looks: sound } : { kind: 'video' }
  }
  const other = others.find((o) => o.starts.some((marks) => marks.every(([at, mark]) => text.startsWith(mark, at))))
  return other?.is ?? { kind: 'image' }
}

const essence = (declared: string | undefined): string => (declared ?? '').split(';')[0]!.trim().toLowerCase()

/** Does the sender announce a picture? */
export const saysImage = (declared: string | undefined): boolean => essence(declared).startsWith('image/')

/** The most a file of that kind may have (bytes). */
export const maxBytesOf: Record<'image' | 'video' | 'document', number> = {
  image: mediaLimits.imageBytes,
  video: mediaLimits.videoBytes,
  document: mediaLimits.documentBytes,
}

/** What a Range header asks of a file of `size` bytes: all of it, a part, or a part that is not there (416). */
export type Wanted = { all: true } | { from: number; to: number } | { none: true }

/** One range is served; several, or what cannot be read, give the whole file, as RFC 9110 §14.2 allows. */
export const rangeOf = (header: string | undefined, size: number): Wanted => {
  const m = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replace(/\s/g, '') ?? '')
  if (!m || (m[1] === '' && m[2] === '')) return { all: true }
  if (m[1] === '') {
    const last = Number(m[2])
    return last === 0 || size === 0 ? { none: true } : { from: Math.max(0, size - last), to: size - 1 }
  }
  const from = Number(m[1])
  const to = m[2] === '' ? size - 1 : Math.min(Number(m[2]), size - 1)
  if (m[2] !== '' && Number(m[2]) < from) return { all: true }
  return from >= size ? { none: true } : { from, to }
}
