/** Media: pictures, videos and documents people upload, checked and kept as they came; renditions are made per platform. */
import { z } from 'zod'
import { id, instant, prose } from './common.ts'
import { strict } from './strict.ts'

/** What a file tells about itself; a fact that could not be read is absent. */
export const mediaFacts = z
  .object({
    /** Frames per second, over the whole file. */
    fps: z.number().optional(),
    /** `avc`, `hevc`, `vp9`, `av1`, ...; the container's own word where there is no common one. */
    videoCodec: z.string().optional(),
    /** `aac`, `opus`, ...; absent when there is no sound. */
    audioCodec: z.string().optional(),
    /** Bits per second on average. */
    videoBitrate: z.int().optional(),
    audioBitrate: z.int().optional(),
    audioChannels: z.int().optional(),
    /** Hz. */
    audioRate: z.number().optional(),
    /** How the colours of a video are sampled. */
    chroma: z.enum(['4:0:0', '4:2:0', '4:2:2', '4:4:4']).optional(),
    /** The index of an MP4 or MOV stands before its pictures ("fast start"). */
    indexFirst: z.boolean().optional(),
    /** The video has an edit list that leaves out or delays a part of it. */
    edited: z.boolean().optional(),
    /** Frames of an animated picture; absent for one that stands still. */
    frames: z.int().optional(),
    /** Pages of a document. */
    pages: z.int().optional(),
    /** Facts read from a part of the file only: no rule refuses by them. */
    estimated: z.array(z.enum(['durationMs', 'fps', 'videoBitrate', 'audioBitrate'])).optional(),
  })
  .meta({ id: 'MediaFacts' })

export const media = z
  .object({
    id,
    kind: z.enum(['image', 'video', 'document']),
    mime: z.string(),
    bytes: z.int(),
    /** As people see it: rotation applied. */
    width: z.int().nullable(),
    height: z.int().nullable(),
    durationMs: z.int().nullable(),
    facts: mediaFacts,
    name: z.string(),
    alt: z.string(),
    /** The address it was imported from; null: it was uploaded. */
    sourceUrl: z.string().nullable(),
    /** The file as it came; takes Range. */
    url: z.string(),
    /** A small picture of it, whatever it is. */
    thumbUrl: z.string(),
    createdAt: instant,
    /** Of its words; `If-Match` is about it. */
    version: z.int(),
  })
  .meta({ id: 'Media' })
export type Media = z.output<typeof media>
/** The fields beside `file` of an upload. */
export const mediaFields = strict({ alt: prose(5000).default('') })
export const mediaPatch = strict({ alt: prose(5000) })
export const mediaImport = strict({ url: z.url().max(2048), alt: prose(5000).default('') })
/** Largest upload of each kind (bytes), largest picture (pixels), and the types Clarion takes. */
export const mediaLimits = {
  imageBytes: 25_000_000,
  imagePixels: 60_000_000,
  types: ['image/jpeg', 'image/png', 'image/webp', 'image/gif'],
  /** Unless the installation says otherwise (CLARION_VIDEO_MB), and the most it may say. */
  videoBytes: 4 * 1024 ** 3,
  mostVideoBytes: 256 * 1024 ** 3,
  videoTypes: [
    'video/mp4',
    'video/quicktime',
    'video/webm',
    'video/x-matroska',
    'video/x-msvideo',
    'video/x-ms-wmv',
    'video/x-flv',
    'video/mpeg',
  ],
  documentBytes: 100_000_000,
  documentTypes: [
    'application/pdf',
    'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    'application/vnd.ms-powerpoint',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/msword',
  ],
} as const
