import { Check } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import type { ComponentProps, ReactNode } from 'react'
import { cn } from './cn.ts'

export const Menu = ({
  trigger,
  children,
  align = 'end',
}: {
  trigger: ReactNode
  children: ReactNode
  align?: 'start' | 'end'
}) => (
  <Radix.Root>
    <Radix.Trigger asChild>{trigger}</Radix.Trigger>
    <Radix.Portal>
      <Radix.Content
        align={align}
        sideOffset={6}
        collisionPadding={8}
        className="z-50 max-h-[70dvh] min-w-48 overflow-y-auto rounded-xl border border-line bg-surface p-1 shadow-lifted"
      >
        {children}
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
)

const item =
  'flex min-h-9 cursor-pointer items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-sm outline-none select-none data-highlighted:bg-sunken data-disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0'

export const MenuItem = ({ className, danger, ...rest }: ComponentProps<typeof Radix.Item> & { danger?: boolean }) => (
  <Radix.Item className={cn(item, danger && 'text-danger', className)} {...rest} />
)
export const MenuLabel = ({ className, ...rest }: ComponentProps<typeof Radix.Label>) => (
  <Radix.Label className={cn('px-2.5 pt-2 pb-1 text-xs font-medium text-muted', className)} {...rest} />
)
export const MenuLine = () => <Radix.Separator className="my-1 h-px bg-line" />
export const MenuRadio = Radix.RadioGroup
export const MenuRadioItem = ({ className, children, ...rest }: ComponentProps<typeof Radix.RadioItem>) => (
  <Radix.RadioItem className={cn(item, className)} {...rest}>
    <span className="grid size-4 place-items-center">
      <Radix.ItemIndicator>
        <Check aria-hidden />
      </Radix.ItemIndicator>
    </span>
    {children}
  </Radix.RadioItem>
)
