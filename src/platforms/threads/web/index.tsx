import type { WebFace } from '#kit/web/slots.ts'
import { spec } from '../spec.ts'
import { Icon } from './icon.tsx'

export default {
  spec,
  Icon,
  color: '#7a7a7a',
  load: () => import('./body.tsx').then((m) => m.body),
} satisfies WebFace
