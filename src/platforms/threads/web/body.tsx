import type { WebBody } from '#kit/web/slots.ts'
import { pure } from '../preflight.ts'
import { Preview } from './preview.tsx'
import { Settings } from './settings.tsx'
import { words } from './words.ts'

export const body = { ...pure, Preview, Settings, words } satisfies WebBody
