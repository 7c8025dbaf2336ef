import { ChevronLeft } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { Link } from 'react-router'
import { Skeleton } from '#ui/bits.tsx'
import { cn } from '#ui/cn.ts'
import { useT } from '../i18n/index.ts'
import { Logo } from './logo.tsx'

/** A screen: its heading, what it says about itself, its actions, its content. Sets the document's title. */
export const Page = ({
  title,
  lead,
  back,
  aside,
  actions,
  children,
  narrow,
}: {
  title: string
  lead?: ReactNode
  /** The way back to the list this screen belongs to. */
  back?: { to: string; label: string } | undefined
  aside?: ReactNode
  actions?: ReactNode
  children: ReactNode
  narrow?: boolean
}) => {
  useEffect(() => {
    document.title = `${title} · Clarion`
  }, [title])
  return (
    <div className={cn('mx-auto w-full px-4 pt-6 pb-8 sm:px-8 sm:pt-8', narrow ? 'max-w-3xl' : 'max-w-7xl')}>
      {back ? (
        <Link
          to={back.to}
          className="mb-3 -ml-1 inline-flex items-center gap-1 rounded-md px-1 py-0.5 text-sm font-medium text-muted hover:text-ink"
        >
          <ChevronLeft aria-hidden className="size-4" />
          {back.label}
        </Link>
      ) : null}
      <header className="mb-6 flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-3">
            <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
            {aside}
          </div>
          {lead ? <p className="mt-1 text-muted">{lead}</p> : null}
        </div>
        {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
      </header>
      {children}
    </div>
  )
}

/** A screen whose script is on its way. */
export const PageSkeleton = () => {
  const t = useT()
  return (
    <div role="status" aria-busy="true" className="mx-auto w-full max-w-7xl px-4 pt-6 pb-8 sm:px-8 sm:pt-8">
      <span className="sr-only">{t('loading')}</span>
      <Skeleton className="h-8 w-44" />
      <Skeleton className="mt-8 h-[60dvh] rounded-xl" />
    </div>
  )
}

/** Before anything is known: the name of the house, where everything will be. */
export const Opening = () => {
  const t = useT()
  return (
    <main id="main" className="grid min-h-dvh place-items-center">
      <div role="status" aria-busy="true" className="grid justify-items-center gap-3 text-muted">
        <Logo />
        <p className="text-sm">{t('loading')}</p>
      </div>
    </main>
  )
}
