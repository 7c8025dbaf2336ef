/** Running a command to its end: used by check and test. */
import { spawn } from 'node:child_process'

/**
 * Runs a command in a process group of its own, without stdin, and collects its output (the last megabyte).
 * After `timeoutMs` the whole group is killed. `onLine` hears every line as it comes. Never rejects: a command that
 * cannot be started has code 127.
 */
export const run = (command, args, { cwd, env, timeoutMs = 600_000, onLine } = {}) =>
  new Promise((resolve) => {
    const began = performance.now()
    let output = ''
    let rest = ''
    let timedOut = false
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    groups.add(child)
    const hear = (chunk) => {
      output = (output + chunk).slice(-1_000_000)
      if (!onLine) return
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()
      for (const line of lines) onLine(line)
    }
    child.stdout.setEncoding('utf8').on('data', hear)
    child.stderr.setEncoding('utf8').on('data', hear)
    const timer = setTimeout(() => {
      timedOut = true
      endGroup(child)
    }, timeoutMs)
    let over = false
    const end = (code) => {
      if (over) return
      over = true
      clearTimeout(timer)
      groups.delete(child)
      if (timedOut) output += `\nIt ran longer than ${timeoutMs / 1000} s and was ended.`
      resolve({ code: timedOut ? 124 : code, output, seconds: (performance.now() - began) / 1000 })
    }
    child.on('error', (error) => {
      output += `\n${command}: ${error.message}`
      end(127)
    })
    child.on('close', (code) => end(code ?? 1))
    // A grandchild that outlives the command may hold its pipes open: give them a moment, then go on.
    child.on('exit', (code) => setTimeout(() => end(code ?? 1), 3000).unref())
  })

const groups = new Set()
const endGroup = (child) => {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}
/** Ends every command still running: for Ctrl+C. */
export const endAll = () => {
  for (const child of groups) endGroup(child)
}

/** Rows of cells as an aligned table. */
export const table = (rows) => {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)))
  return rows
    .map((row) =>
      row
        .map((cell, i) =>
          typeof cell === 'number' ? String(cell).padStart(widths[i]) : String(cell).padEnd(widths[i]),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
