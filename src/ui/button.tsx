import { cva, type VariantProps } from 'class-variance-authority'
import { LoaderCircle } from 'lucide-react'
import { Slot } from 'radix-ui'
import type { ComponentProps } from 'react'
import { cn } from './cn.ts'

const look = cva(
  'inline-flex shrink-0 items-center justify-center gap-2 rounded-lg text-sm font-medium whitespace-nowrap transition-colors select-none disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0',
  {
    variants: {
      tone: {
        primary: 'bg-accent text-on-accent enabled:hover:bg-accent-hover',
        secondary: 'border border-line bg-surface text-ink shadow-card enabled:hover:bg-sunken',
        ghost: 'text-ink enabled:hover:bg-sunken',
        quiet: 'text-muted enabled:hover:bg-sunken enabled:hover:text-ink',
        danger: 'border border-line bg-surface text-danger enabled:hover:bg-danger-soft',
      },
      size: {
        sm: 'h-8 px-3',
        md: 'h-10 px-4',
        icon: 'size-10',
        'icon-sm': 'size-8',
      },
    },
    defaultVariants: { tone: 'secondary', size: 'md' },
  },
)

export type ButtonProps = ComponentProps<'button'> & VariantProps<typeof look> & { asChild?: boolean; busy?: boolean }

/** A button, or with `asChild` a link that looks like one. `busy` keeps its width, shows a spinner and takes no clicks. */
export const Button = ({ className, tone, size, asChild, busy, children, disabled, ...rest }: ButtonProps) => {
  const classes = cn(look({ tone, size }), className)
  if (asChild) {
    return (
      <Slot.Root className={cn(classes, tone === 'primary' ? 'hover:bg-accent-hover' : 'hover:bg-sunken')} {...rest}>
        {children}
      </Slot.Root>
    )
  }
  return (
    <button type="button" className={classes} disabled={disabled || busy} aria-busy={busy || undefined} {...rest}>
      {busy ? <LoaderCircle aria-hidden className="animate-spin" /> : null}
      {children}
    </button>
  )
}
