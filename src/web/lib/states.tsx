/** How each state looks: a colour AND an icon AND a word, never a colour alone. */
import {
  Ban,
  CalendarClock,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CirclePause,
  ClockAlert,
  Hourglass,
  LoaderCircle,
  type LucideIcon,
  Trash2,
  UserCheck,
} from 'lucide-react'
import type { PostState, PublicationState } from '#contract/posts.ts'
import { Badge, type Tone } from '#ui/badge.tsx'
import { useT } from '../i18n/index.ts'

export type AnyState = PostState | PublicationState
type Look = { tone: Tone; Icon: LucideIcon; spin?: true }

export const stateLooks: Record<AnyState, Look> = {
  draft: { tone: 'neutral', Icon: CircleDashed },
  awaiting_approval: { tone: 'info', Icon: UserCheck },
  scheduled: { tone: 'accent', Icon: CalendarClock },
  publishing: { tone: 'busy', Icon: LoaderCircle, spin: true },
  waiting: { tone: 'info', Icon: Hourglass },
  published: { tone: 'ok', Icon: CircleCheck },
  partly_published: { tone: 'warn', Icon: CircleCheck },
  attention: { tone: 'warn', Icon: CircleAlert },
  failed: { tone: 'danger', Icon: CircleAlert },
  unconfirmed: { tone: 'warn', Icon: CircleHelp },
  held: { tone: 'warn', Icon: CirclePause },
  missed: { tone: 'danger', Icon: ClockAlert },
  cancelled: { tone: 'neutral', Icon: Ban },
  removed: { tone: 'neutral', Icon: Trash2 },
}

export const StateBadge = ({ state }: { state: AnyState }) => {
  const t = useT()
  const { tone, Icon, spin } = stateLooks[state]
  return (
    <Badge tone={tone} data-state-word={state}>
      <Icon aria-hidden className={spin ? 'animate-spin' : undefined} />
      {t(`state.${state}`)}
    </Badge>
  )
}
