/** {{name}} as data. */
import { z } from 'zod'
import { defineSpec, type SettingsOf } from '#kit/facts/spec.ts'

/** Settings of one publication, version 1. */
export const settings = z.strictObject({
  visibility: z.enum(['public', 'followers']).default('public').meta({ title: 'Who can see it' }),
})

export const spec = defineSpec({
  id: '{{id}}',
  name: '{{name}}',
  hosts: ['api.{{id}}.example'],
  connect: 'form',
  credentials: [],
  connectForm: [
    { name: 'handle', label: 'Handle', placeholder: 'ann' },
    { name: 'key', label: 'Access key', secret: true, help: 'Made in the settings of your account.' },
  ],
  channelKinds: ['profile'],
  text: { max: 500, unit: 'graphemes', optionalWithMedia: true },
  thread: { max: 1 },
  media: { max: 4, mix: 'alone', image: { types: ['image/jpeg', 'image/png'], maxBytes: 5_000_000, altMax: 1000 } },
  settings: { version: 1, schema: settings },
  pace: { concurrency: 4, backlogGapMs: 2_000 },
  can: { firstComment: false, remove: true, edit: false, insights: false, webhook: false, readBack: true },
  why: {
    firstComment: '{{name}} has no comments.',
    edit: '{{name}} does not let apps change a post.',
    insights: '{{name}} shows no numbers.',
    webhook: '{{name}} sends no webhooks.',
  },
  verified: '2026-01-01',
})

export type Settings = SettingsOf<typeof spec>
