import type { WebFace } from '#kit/web/slots.ts'
import { pure } from '../preflight.ts'
import { Icon } from './icon.tsx'
import { Preview } from './preview.tsx'

export default { ...pure, Icon, color: '#0a7aff', Preview } satisfies WebFace
