/** What the forecast says of a planned post, where there is room for a word only: the post's page tells it whole. */
import { TriangleAlert } from 'lucide-react'
import type { Post } from '#contract/posts.ts'
import { Badge } from '#ui/badge.tsx'
import { useT } from '../i18n/index.ts'
import { onlyWaits } from '../lib/findings.ts'

/** `fails`: it will not go out as it is. `waits`: it would go out later than planned. */
export const warnedOf = (post: Pick<Post, 'publications'>): 'fails' | 'waits' | null => {
  const findings = post.publications.filter((p) => p.state === 'scheduled').flatMap((p) => p.forecast)
  if (findings.length === 0) return null
  return onlyWaits(findings) ? 'waits' : 'fails'
}

export const Warned = ({ post }: { post: Post }) => {
  const t = useT()
  const warned = warnedOf(post)
  return warned ? (
    <Badge tone="warn">
      <TriangleAlert aria-hidden />
      {t(`calendar.warned.${warned}`)}
    </Badge>
  ) : null
}
