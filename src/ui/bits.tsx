import { Switch as RadixSwitch, Tabs as RadixTabs } from 'radix-ui'
import { type ComponentProps, type ReactNode, useState } from 'react'
import { cn } from './cn.ts'

/** A grey block the size of what is coming, so that nothing jumps. */
export const Skeleton = ({ className, ...rest }: ComponentProps<'div'>) => (
  <div aria-hidden className={cn('animate-pulse rounded-md bg-sunken', className)} {...rest} />
)

export const Switch = ({ className, ...rest }: ComponentProps<typeof RadixSwitch.Root>) => (
  <RadixSwitch.Root
    className={cn(
      'inline-flex h-6 w-10 shrink-0 items-center rounded-full border border-line-strong bg-sunken p-0.5 transition-colors data-[state=checked]:border-accent data-[state=checked]:bg-accent',
      className,
    )}
    {...rest}
  >
    <RadixSwitch.Thumb className="size-4 rounded-full bg-line-strong transition-transform data-[state=checked]:translate-x-4 data-[state=checked]:bg-on-accent" />
  </RadixSwitch.Root>
)

/** Also for links that look like tabs. On wide screens tabs take a second row rather than hide. */
export const tabList =
  'relative flex gap-x-1 overflow-x-auto overflow-y-hidden shadow-[inset_0_-1px_0_var(--line)] [scrollbar-width:none] sm:flex-wrap'
export const Tabs = RadixTabs.Root
export const TabPanel = RadixTabs.Content
/**
 * The line below the tabs is inside the list: a border with tabs on top of it makes the list a pixel too high, and a
 * scroll bar of its own. `relative`: words for readers are placed absolutely, and must not widen the page.
 */
export const TabList = ({ className, ...rest }: ComponentProps<typeof RadixTabs.List>) => (
  <RadixTabs.List className={cn(tabList, className)} {...rest} />
)
export const Tab = ({ className, ...rest }: ComponentProps<typeof RadixTabs.Trigger>) => (
  <RadixTabs.Trigger
    className={cn(
      'inline-flex h-10 items-center gap-2 border-b-2 border-transparent px-3 text-sm font-medium whitespace-nowrap text-muted hover:text-ink focus-visible:-outline-offset-2 data-[state=active]:border-accent data-[state=active]:text-ink',
      className,
    )}
    {...rest}
  />
)

/** Picture of an account, its initial when there is none or it does not load, with the network's mark in the corner. */
export const Avatar = ({
  name,
  src,
  size = 36,
  mark,
}: {
  name: string
  src?: string | null
  /** Edge in CSS pixels. */
  size?: number
  mark?: ReactNode
}) => {
  const [broken, setBroken] = useState<string | null>(null)
  const initial = [...name.trim()][0]?.toLocaleUpperCase() ?? '?'
  return (
    <span className="relative inline-block shrink-0" style={{ width: size, height: size }}>
      {src && broken !== src ? (
        <img
          src={src}
          alt=""
          className="size-full rounded-full bg-sunken object-cover"
          onError={() => setBroken(src)}
        />
      ) : (
        <span
          aria-hidden
          className="grid size-full place-items-center rounded-full bg-sunken font-semibold text-muted"
          style={{ fontSize: size * 0.42 }}
        >
          {initial}
        </span>
      )}
      {mark ? (
        <span
          aria-hidden
          className="absolute -right-1 -bottom-1 grid place-items-center rounded-full border-2 border-surface bg-surface"
          style={{ width: Math.max(16, size * 0.5), height: Math.max(16, size * 0.5) }}
        >
          {mark}
        </span>
      ) : null}
    </span>
  )
}

/** A bar from 0 to 1. */
export const Progress = ({ value, label }: { value: number; label: string }) => (
  <div
    role="progressbar"
    aria-label={label}
    aria-valuemin={0}
    aria-valuemax={100}
    aria-valuenow={Math.round(value * 100)}
    className="h-1.5 w-full overflow-hidden rounded-full bg-sunken"
  >
    <div
      className="h-full rounded-full bg-accent transition-[width]"
      style={{ width: `${Math.round(value * 100)}%` }}
    />
  </div>
)
