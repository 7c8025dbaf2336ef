/** The three faces every loaded thing has: not yet, cannot, here it is. */
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Button } from '#ui/button.tsx'
import { Notice } from '#ui/notice.tsx'
import { tell, useT } from '../i18n/index.ts'

export const Failed = ({ error, retry }: { error: unknown; retry?: () => void }) => {
  const t = useT()
  const told = tell(t, error)
  return (
    <Notice
      tone="danger"
      alert
      title={told.title}
      action={
        retry ? (
          <Button size="sm" onClick={retry}>
            {t('action.tryAgain')}
          </Button>
        ) : null
      }
    >
      {told.detail ? <span lang="en">{told.detail}</span> : null} {told.fix}
    </Notice>
  )
}

export const Loaded = <D,>({
  query,
  skeleton,
  children,
}: {
  query: UseQueryResult<D>
  skeleton: ReactNode
  children: (data: D) => ReactNode
}) => {
  const t = useT()
  if (query.data !== undefined) return children(query.data)
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  return (
    <div role="status" aria-busy="true">
      <span className="sr-only">{t('loading')}</span>
      {skeleton}
    </div>
  )
}
