import type { WebFace } from '#kit/web/slots.ts'
import { pure } from '../preflight.ts'
import { Icon } from './icon.tsx'
import { Preview } from './preview.tsx'

export default { ...pure, Icon, color: '#6b5bd2', Preview } satisfies WebFace
