/** What tools below say about a file, as Problems a person can act on. */
import { Problem, type ProblemCode } from '#contract/problems.ts'
import { type DocumentRefusal, DocumentRefused } from '#infra/document-facts.ts'
import { TooManyBytes } from '#infra/files.ts'
import { AddressRefused } from '#infra/guard.ts'
import { type ImageRefusal, ImageRefused } from '#infra/pictures.ts'
import { StorageFull } from '#infra/storage.ts'
import { type VideoRefusal, VideoRefused } from '#infra/videos.ts'

const images: Record<ImageRefusal, ProblemCode> = {
  'not-an-image': 'unsupported-media',
  unsupported: 'unsupported-media',
  'too-large': 'too-large',
  bomb: 'bad-image',
  broken: 'bad-image',
  'cannot-fit': 'bad-image',
}
const others: Record<VideoRefusal | DocumentRefusal, ProblemCode> = {
  'not-a-video': 'unsupported-media',
  'not-a-document': 'unsupported-media',
  encrypted: 'bad-media',
  broken: 'bad-media',
  'no-picture': 'bad-media',
}

/** Throws the Problem an error is; any other error as it came. */
export const asProblem = (error: unknown): never => {
  if (error instanceof ImageRefused) throw new Problem(images[error.reason], error.message)
  if (error instanceof VideoRefused || error instanceof DocumentRefused)
    throw new Problem(others[error.reason], error.message)
  if (error instanceof StorageFull) throw new Problem('no-space')
  if (error instanceof AddressRefused)
    throw new Problem(error.reason === 'too-large' ? 'too-large' : 'bad-url', error.message)
  throw error
}

const called = { image: 'A picture', video: 'A video', document: 'A document' } as const

/** Above the limit of its kind (bytes). */
const tooLarge = (kind: keyof typeof called, maxBytes: number): Problem =>
  new Problem('too-large', `${called[kind]} may have at most ${maxBytes.toLocaleString('en')} bytes.`)

/** The same for a stream that turned out to be too long. */
export const asTooLarge =
  (kind: keyof typeof called) =>
  (error: unknown): never => {
    if (error instanceof TooManyBytes) throw tooLarge(kind, error.maxBytes)
    return asProblem(error)
  }
