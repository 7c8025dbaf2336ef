import { type ComponentProps, type ReactNode, useId } from 'react'
import { cn } from './cn.ts'

const box =
  'w-full rounded-lg border border-line-strong bg-surface px-3 text-[0.9375rem] text-ink transition-colors focus-visible:outline-offset-0 disabled:opacity-60 aria-invalid:border-danger'

export const Input = ({ className, ...rest }: ComponentProps<'input'>) => (
  <input className={cn(box, 'h-10', className)} {...rest} />
)

export const Textarea = ({ className, ...rest }: ComponentProps<'textarea'>) => (
  <textarea className={cn(box, 'min-h-24 py-2 leading-relaxed', className)} {...rest} />
)

/** The browser's own select: best keyboard and touch behaviour everywhere. */
export const Select = ({ className, ...rest }: ComponentProps<'select'>) => (
  <select className={cn(box, 'h-10 pr-8', className)} {...rest} />
)

type Control = { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }

/** Label, control, hint and error, wired for readers. The control gets its ids from the render function. */
export const Field = ({
  label,
  hint,
  error,
  className,
  hideLabel,
  children,
}: {
  label: ReactNode
  hint?: ReactNode
  error?: ReactNode
  className?: string
  hideLabel?: boolean
  children: (control: Control) => ReactNode
}) => {
  const id = useId()
  const told = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ')
  return (
    <div className={cn('grid content-start gap-1.5', className)}>
      <label htmlFor={id} className={cn('text-sm font-medium text-ink', hideLabel && 'sr-only')}>
        {label}
      </label>
      {children({ id, 'aria-describedby': told || undefined, 'aria-invalid': error ? true : undefined })}
      {hint ? (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      ) : null}
      {error ? (
        <p id={`${id}-error`} className="text-sm text-danger">
          {error}
        </p>
      ) : null}
    </div>
  )
}
