/** Runs the rings one after the other, each as soon as what it needs is there. */
import { stripVTControlCharacters } from 'node:util'
import { endAll, table } from '../check/run.mjs'
import { gather } from './needs.mjs'
import { rings } from './rings.mjs'

const strict = /^(1|true)$/.test(process.env.CI ?? '')
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !rings.some((ring) => ring.name === name))
if (unknown.length > 0) {
  console.error(
    `There is no ring ${unknown.map((name) => `"${name}"`).join(', ')}. Rings: ${rings.map((ring) => `"${ring.name}"`).join(', ')}.`,
  )
  process.exit(2)
}
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    endAll()
    process.exit(130)
  })

/** A note as people read it: no colours, no endless stack. */
const indented = (note) => {
  const lines = stripVTControlCharacters(note).split('\n')
  return [...lines.slice(0, 60), ...(lines.length > 60 ? [`(${lines.length - 60} lines more)`] : [])]
    .map((line) => `  ${line.slice(0, 400)}`)
    .join('\n')
}

const began = performance.now()
const chosen = wanted.length > 0 ? rings.filter((ring) => wanted.includes(ring.name)) : rings
const needs = chosen.some((ring) => ring.waits) ? gather() : {}
const rows = []
const total = { passed: 0, failed: 0, skipped: 0 }
for (const ring of chosen) {
  process.stdout.write(`${ring.name}: ${ring.what} ...\n`)
  const start = performance.now()
  const reasons = (await Promise.all((ring.waits ?? []).map((need) => needs[need]))).filter(Boolean)
  let came
  if (reasons.length > 0)
    came = {
      passed: 0,
      failed: strict ? 1 : 0,
      skipped: strict ? 0 : 1,
      notes: reasons.map((why) => `${strict ? 'FAILED' : 'skipped'}: ${why}`),
    }
  else
    came = await ring
      .run()
      .catch((error) => ({ passed: 0, failed: 1, skipped: 0, notes: [`the ring broke: ${error.stack}`] }))
  for (const note of came.notes) console.log(indented(note))
  for (const key of Object.keys(total)) total[key] += came[key]
  rows.push([
    ring.name,
    came.passed,
    came.failed,
    came.skipped,
    `${((performance.now() - start) / 1000).toFixed(1)} s`.padStart(8),
  ])
}
// An install nobody waited for must not keep us.
endAll()
console.log(`\n${table([['ring', 'passed', 'failed', 'skipped', '    time'], ...rows])}`)
console.log(`\n${((performance.now() - began) / 1000).toFixed(0)} s in all`)
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
process.exit(total.failed > 0 ? 1 : 0)
