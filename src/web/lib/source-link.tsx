import { cn } from '#ui/cn.ts'
import { useT } from '../i18n/index.ts'

/** Where a file was imported from: its host, leading to the whole address. Nothing for a file that was uploaded. */
export const SourceLink = ({ url, className }: { url: string | null; className?: string }) => {
  const t = useT()
  // The server imports from http(s) alone; an address of another kind is never made a link.
  const at = url && URL.canParse(url) ? new URL(url) : null
  if (!at || !/^https?:$/.test(at.protocol)) return null
  return (
    <p className={cn('truncate text-muted text-xs', className)}>
      {t('media.from')}{' '}
      <a href={at.href} title={at.href} target="_blank" rel="noreferrer" className="text-accent-ink underline">
        {at.host}
      </a>
    </p>
  )
}
