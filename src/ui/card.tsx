import type { ComponentProps, ReactNode } from 'react'
import { cn } from './cn.ts'

export const Card = ({ className, ...rest }: ComponentProps<'div'>) => (
  <div className={cn('rounded-xl border border-line bg-surface shadow-card', className)} {...rest} />
)

/** A titled card that is a landmark readers can jump to. */
export const Section = ({
  title,
  lead,
  actions,
  children,
  className,
}: {
  title: string
  lead?: ReactNode
  actions?: ReactNode
  children: ReactNode
  className?: string
}) => (
  <section aria-label={title} className={cn('rounded-xl border border-line bg-surface shadow-card', className)}>
    <header className="flex flex-wrap items-start justify-between gap-3 border-b border-line px-5 py-4">
      <div className="min-w-0">
        <h2 className="text-base font-semibold">{title}</h2>
        {lead ? <p className="mt-0.5 text-sm text-muted">{lead}</p> : null}
      </div>
      {actions}
    </header>
    <div className="p-5">{children}</div>
  </section>
)

/** What an empty place says: what belongs here and the one thing to do next. */
export const Empty = ({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode
  title: string
  children?: ReactNode
  action?: ReactNode
}) => (
  <div className="grid justify-items-center gap-3 px-6 py-14 text-center">
    {icon ? (
      <div aria-hidden className="grid size-12 place-items-center rounded-full bg-sunken text-muted [&_svg]:size-6">
        {icon}
      </div>
    ) : null}
    <p className="text-base font-semibold">{title}</p>
    {children ? <div className="max-w-md text-sm text-muted">{children}</div> : null}
    {action ? <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div> : null}
  </div>
)
