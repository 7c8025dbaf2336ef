import type { z } from 'zod'
import type { attempt, JournalEntry, publicationStep } from '#contract/posts.ts'

export type Attempt = z.output<typeof attempt>
export type PublicationStep = z.output<typeof publicationStep>
export type { JournalEntry }
