/** Runs the rings two at a time, each as soon as what it needs is there. */
import { stripVTControlCharacters } from 'node:util'
import { endAll, table } from '../check/run.mjs'
import { inLanes } from './lanes.mjs'
import { gather } from './needs.mjs'
import { told } from './reporter.mjs'
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
/** What is there (or can never be had) by now. */
const settled = new Set()
for (const [need, had] of Object.entries(needs)) had.then(() => settled.add(need))
const rows = []
const total = { passed: 0, failed: 0, skipped: 0 }

const runRing = async (ring) => {
  const start = performance.now()
  const reasons = (await Promise.all((ring.waits ?? []).map((need) => needs[need]))).filter(Boolean)
  const came =
    reasons.length > 0
      ? {
          passed: 0,
          failed: strict ? 1 : 0,
          skipped: strict ? 0 : 1,
          notes: reasons.map((why) => `${strict ? 'FAILED' : 'skipped'}: ${why}`),
        }
      : await ring
          .run()
          .catch((error) => ({ passed: 0, failed: 1, skipped: 0, notes: [`FAILED the ring broke: ${told(error)}`] }))
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`
  console.log(`${ring.name}: ${came.passed} passed, ${came.failed} failed in ${seconds}`)
  for (const note of came.notes) console.log(indented(note))
  for (const key of Object.keys(total)) total[key] += came[key]
  rows.push([ring.name, came.passed, came.failed, came.skipped, seconds.padStart(8)])
}

await inLanes(chosen, {
  lanes: Number(process.env.CLARION_TEST_LANES) || 2,
  ready: (ring) => (ring.waits ?? []).every((need) => settled.has(need)),
  changed: () => Promise.race(Object.entries(needs).flatMap(([need, had]) => (settled.has(need) ? [] : [had]))),
  run: (ring) => {
    process.stdout.write(`${ring.name}: ${ring.what} ...\n`)
    return runRing(ring)
  },
})
// An install nobody waited for must not keep us.
endAll()
console.log(`\n${table([['ring', 'passed', 'failed', 'skipped', '    time'], ...rows])}`)
console.log(`\n${((performance.now() - began) / 1000).toFixed(0)} s in all`)
if (total.skipped > 0) console.log(`${total.skipped} skipped, each with its reason above`)
// The last line, as build machines read it.
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed > 0 ? 1 : 0)
