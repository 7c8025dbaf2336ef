/**
 * Loaded before Clarion (`node --import`): a clock that jumps. At the start and on SIGUSR2 it reads by how many ms it is to be wrong from now
 * on from the file named in CLARION_CHAOS_CLOCK. Clarion asks `Date.now()` through one injected clock and nowhere else.
 */
import { readFileSync } from 'node:fs'

const file = process.env.CLARION_CHAOS_CLOCK
if (file) {
  const right = Date.now.bind(Date)
  const read = () => Number(readFileSync(file, 'utf8'))
  let wrong = read()
  Date.now = () => right() + wrong
  process.on('SIGUSR2', () => {
    wrong = read()
  })
}
