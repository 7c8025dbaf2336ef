import type { WebFace } from '#kit/web/slots.ts'
import { spec } from '../spec.ts'
import { Icon } from './icon.tsx'

export default {
  spec,
  Icon,
  color: '#d93a00',
  load: () => import('./body.tsx').then((m) => m.body),
} satisfies WebFace
