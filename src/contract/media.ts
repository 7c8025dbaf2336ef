/** Media: pictures people upload, checked and kept as they came; renditions are made per platform. */
import { z } from 'zod'
import { id, instant, prose } from './common.ts'

export const media = z
  .object({
    id,
    kind: z.enum(['image', 'video']),
    mime: z.string(),
    bytes: z.int(),
    width: z.int().nullable(),
    height: z.int().nullable(),
    durationMs: z.int().nullable(),
    name: z.string(),
    alt: z.string(),
    url: z.string(),
    thumbUrl: z.string(),
    createdAt: instant,
  })
  .meta({ id: 'Media' })
export type Media = z.output<typeof media>
export const mediaPatch = z.object({ alt: prose(5000) })
export const mediaImport = z.object({ url: z.url().max(2048), alt: prose(5000).default('') })
/** Largest upload (bytes) and largest picture (pixels) Clarion takes. */
export const mediaLimits = {
  imageBytes: 25_000_000,
  imagePixels: 60_000_000,
  types: ['image/jpeg', 'image/png', 'image/webp', 'image/gif'],
} as const
