/**
 * Vitest's result for `npm test`, as JSON in the file that CLARION_TEST_REPORT names. The JSON reporter of vitest keeps the
 * errors of tests and files only: a `beforeAll` inside a `describe` that throws left a failed file without a word of why.
 * Here every failure carries its cause: tests, suites (hooks), files and what nobody caught.
 */
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'

/** An error as people read it, with its causes and, of an assertion, what differed. */
export const told = (error, depth = 0) => {
  if (error === null || typeof error !== 'object') return String(error)
  const head = error.stack ?? (error.message ? `${error.name ?? 'Error'}: ${error.message}` : JSON.stringify(error))
  const parts = [head]
  if (error.message && !head.includes(error.message)) parts.unshift(error.message)
  if (error.diff) parts.push(error.diff)
  if (depth < 5) {
    for (const inner of Array.isArray(error.errors) ? error.errors : []) parts.push(`- ${told(inner, depth + 1)}`)
    if (error.cause) parts.push(`caused by: ${told(error.cause, depth + 1)}`)
  }
  return parts.join('\n')
}

const errorsOf = (entity) => {
  const list = entity.errors?.() ?? []
  return list.length > 0 ? list.map((e) => told(e)).join('\n') : ''
}

/** `{ passed, failed, skipped, notes }` of a run. `reason`: why it ended, in vitest's word. */
export const sumUp = (modules, unhandled, reason, root) => {
  const notes = []
  const sums = { passed: 0, failed: 0, skipped: 0 }
  for (const module of modules) {
    const name = relative(root, module.moduleId)
    let said = false
    const fail = (where, why) => {
      said = true
      sums.failed++
      notes.push(`FAILED ${where}\n${why || 'vitest gave no reason'}`)
    }
    for (const test of module.children.allTests()) {
      const { state, errors } = test.result()
      if (state === 'passed') sums.passed++
      else if (state === 'failed') fail(`${name} > ${test.fullName}`, (errors ?? []).map((e) => told(e)).join('\n'))
      else {
        sums.skipped++
        // A suite whose set-up broke leaves its tests pending: they never ran, and the suite says why.
        notes.push(`${state === 'pending' ? 'not run' : 'skipped'}: ${test.fullName}`)
      }
    }
    for (const suite of module.children.allSuites()) {
      const why = errorsOf(suite)
      if (why) fail(`${name} > ${suite.fullName} (set-up or tear-down)`, why)
    }
    const why = errorsOf(module)
    if (why) fail(name, why)
    if (!said && module.state() === 'failed') fail(name, '')
  }
  for (const error of unhandled) {
    sums.failed++
    notes.push(`FAILED outside of any test\n${told(error)}`)
  }
  if (sums.failed === 0 && reason === 'interrupted') {
    sums.failed = 1
    notes.push('The run was interrupted.')
  }
  return { ...sums, notes }
}

export default class Report {
  onInit(vitest) {
    this.root = vitest.config.root
  }
  /** A run that is ended from outside leaves no report: these lines say how far it was. */
  onTestModuleStart(module) {
    console.log(`begun ${relative(this.root, module.moduleId)}`)
  }
  onTestModuleEnd(module) {
    console.log(
      `${module.state()} ${relative(this.root, module.moduleId)} ${Math.round(module.diagnostic().duration)} ms`,
    )
  }
  onTestRunEnd(modules, unhandled, reason) {
    const file = process.env.CLARION_TEST_REPORT
    if (file) writeFileSync(file, JSON.stringify(sumUp(modules, unhandled, reason, this.root)))
  }
}
