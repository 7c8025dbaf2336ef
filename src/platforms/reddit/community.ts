/**
 * The rules of one community as its API tells them (fact sheet §3), kept small enough to travel with the settings: the
 * composer takes them along when a community is chosen, so that browser and server check against the same facts.
 */
import { z } from 'zod'

const words = z.array(z.string().max(500)).max(200).default([])
const length = z.int().min(0).nullish()

export const community = z.strictObject({
  /** As `subreddit` has it; rules of another one are not believed. */
  name: z.string().max(30),
  /** Epoch ms when Reddit told this. */
  at: z.number(),
  /** `any`, `link` or `self`. */
  takes: z.enum(['any', 'link', 'self']).default('any'),
  images: z.boolean().default(true),
  videos: z.boolean().default(true),
  galleries: z.boolean().default(true),
  polls: z.boolean().default(true),
  spoilers: z.boolean().default(true),
  over18: z.boolean().default(false),
  /** Only chosen people may post, and this account is none of them. */
  closed: z.boolean().default(false),
  banned: z.boolean().default(false),
  flairRequired: z.boolean().default(false),
  titleMin: length,
  titleMax: length,
  titleNeeds: words,
  titleBans: words,
  bodyPolicy: z.enum(['none', 'required', 'notAllowed']).default('none'),
  bodyMin: length,
  bodyMax: length,
  bodyNeeds: words,
  bodyBans: words,
  /** Titles or bodies are held against patterns too; only Reddit can say how that ends. */
  patterns: z.boolean().default(false),
  links: z.enum(['none', 'blacklist', 'whitelist']).default('none'),
  domains: words,
  galleryMin: length,
  galleryMax: length,
  captionsRequired: z.boolean().default(false),
})
export type Community = z.output<typeof community>
