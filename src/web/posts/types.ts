import type { PublicationDetail } from '#contract/posts.ts'

export type Attempt = PublicationDetail['attempts'][number]
