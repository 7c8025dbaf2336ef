/** What can be told about the image, the compose file and the unit without Docker and without systemd running. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { settings } from '#infra/settings.ts'

const root = join(import.meta.dirname, '..')
const text = (path: string) => readFileSync(join(root, path), 'utf8')
const script = text('deploy/build-root.sh')

test('the script is sound, and what it takes from the source is there', () => {
  expect(spawnSync('sh', ['-n', join(root, 'deploy/build-root.sh')]).status).toBe(0)
  const parts = /for part in ([^;]+);/.exec(script)![1]!.split(' ')
  expect(parts).toContain('migrations')
  for (const part of parts) expect([part, existsSync(join(root, part))]).toEqual([part, true])
})

test('the image is made by the script, as a user of its own, and asks whether it is ready', () => {
  const docker = text('Dockerfile')
  expect(docker.match(/build-root\.sh (packages|app)/g)).toEqual(['build-root.sh app', 'build-root.sh packages'])
  expect(docker).toMatch(/^USER 4400:4400$/m)
  expect(script).toContain('--uid 4400 --gid 4400')
  expect(docker).toContain('/health/ready')
  expect(docker).toMatch(/^VOLUME \/data$/m)
})

test('every setting that image, compose file and unit name is one Clarion reads', () => {
  const known = new Set(settings.flatMap((s) => s.names))
  for (const path of ['Dockerfile', 'compose.yaml', 'deploy/systemd/clarion.service'])
    for (const [name] of text(path).matchAll(/\bCLARION_[A-Z_]+\b/g))
      expect([path, name, known.has(name)]).toEqual([path, name, true])
})
