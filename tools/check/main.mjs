/** Runs all steps of `npm run check` and prints what they came to. */
import { table } from './run.mjs'
import { runSteps } from './steps.mjs'

const results = await runSteps()
for (const step of results) if (!step.ok) console.log(`\n--- ${step.name}\n${step.output.trim()}`)
console.log(`\n${table(results.map((step) => [step.name, step.ok ? 'ok' : 'FAILED', `${step.seconds.toFixed(1)} s`]))}`)
const failed = results.filter((step) => !step.ok).length
console.log(`\n${results.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
