import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPublic, readStepKey, stepKey, stepNames } from './steps.ts'

test('a key is read as it was made, and nothing else is one', () => {
  const index = fc.option(fc.nat(999_999), { nil: undefined })
  fc.assert(
    fc.property(fc.constantFrom(...stepNames), index, (name, n) => {
      expect(readStepKey(stepKey(name, n))).toEqual({ name, index: n ?? null })
    }),
  )
  for (const other of ['', 'creates', 'create:', 'create:x', 'create:1:2', 'recreate', 'Create', 'create :1'])
    expect(readStepKey(other), other).toBeNull()
})

test('only what stands on the network for all to see is worth a question to a person', () => {
  expect(stepNames.filter(isPublic)).toEqual(['create', 'comment'])
})
