/** Files as a person picks, drops or pastes them: what kind each is, and what can be said before it is sent. */
import { type Media, mediaLimits } from '#contract/media.ts'

/** Some systems know no type for these; the name's ending tells then. */
const endings: Record<string, string> = {
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  mkv: 'video/x-matroska',
  avi: 'video/x-msvideo',
  wmv: 'video/x-ms-wmv',
  flv: 'video/x-flv',
  mpg: 'video/mpeg',
  mpeg: 'video/mpeg',
  pdf: 'application/pdf',
  pptx: mediaLimits.documentTypes[1],
  ppt: mediaLimits.documentTypes[2],
  docx: mediaLimits.documentTypes[3],
  doc: mediaLimits.documentTypes[4],
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  // Not taken yet: the server says what to do about them.
  heic: 'image/heic',
  heif: 'image/heif',
  avif: 'image/avif',
}
const kinds: readonly (readonly [Media['kind'], readonly string[], number])[] = [
  ['image', mediaLimits.types, mediaLimits.imageBytes],
  ['video', mediaLimits.videoTypes, mediaLimits.mostVideoBytes],
  ['document', mediaLimits.documentTypes, mediaLimits.documentBytes],
]

/** For `<input accept>`: types, and endings for systems that do not know the types. */
export const accept = [...kinds.flatMap(([, types]) => types), '.mov', '.m4v', '.mkv', '.heic'].join(',')

/** The file's type by its own word, else by its name. */
const typeOf = (file: Pick<File, 'type' | 'name'>): string =>
  ['', 'application/octet-stream', 'binary/octet-stream'].includes(file.type)
    ? (endings[file.name.split('.').at(-1)!.toLowerCase()] ?? '')
    : file.type

/**
 * Null: not one Clarion takes. Systems have many words for one kind of picture or video (`image/pjpeg`), so the kind is enough: what
 * it is in truth, the server reads from its bytes.
 */
export const kindOfFile = (file: Pick<File, 'type' | 'name'>): Media['kind'] | null => {
  const type = typeOf(file)
  if (type.startsWith('image/') && type !== 'image/svg+xml') return 'image'
  if (type.startsWith('video/')) return 'video'
  return kinds.find(([, types]) => types.includes(type))?.[0] ?? null
}

/** Why a file is not even sent. The server says the same, but only after the file has come. */
export class NotSent extends Error {
  readonly reason: 'not-taken' | 'too-large'
  /** Bytes its kind may have. */
  readonly limit: number
  constructor(reason: NotSent['reason'], limit = 0) {
    super(reason)
    this.name = 'NotSent'
    this.reason = reason
    this.limit = limit
  }
}

/** Null when the file may be sent. */
export const refusalOf = (
  file: Pick<File, 'type' | 'name' | 'size'>,
  /** Bytes this installation takes of a video. */
  videoBytes: number = mediaLimits.videoBytes,
): NotSent | null => {
  const kind = kindOfFile(file)
  const limit = kind === 'video' ? videoBytes : kinds.find(([k]) => k === kind)?.[2]
  if (limit === undefined) return new NotSent('not-taken')
  return file.size > limit ? new NotSent('too-large', limit) : null
}

/** `83000` -> `1:23`; hours where there are any. */
export const durationText = (ms: number): string => {
  const s = Math.round(ms / 1000)
  const [h, m, r] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, String(s % 60).padStart(2, '0')]
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${r}` : `${m}:${r}`
}
