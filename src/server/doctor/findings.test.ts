/** Every verdict that can be had without an installation. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AddressRefused } from '#infra/guard.ts'
import packageJson from '../../../package.json' with { type: 'json' }
import { certificateDays, publicAddress } from './address.ts'
import { clockApart, dataFolder, keysFile, leastNode, nodeVersion, roomLeft } from './machine.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-doctor-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

test('Node: as package.json asks', () => {
  expect(packageJson.engines.node).toBe(`>=${leastNode.join('.')}`)
  expect([nodeVersion('24.10.9').is, nodeVersion('24.11.0').is, nodeVersion('25.0.0').is]).toEqual([
    'broken',
    'ok',
    'ok',
  ])
})

test('the keys file: missing, open to others, well', async () => {
  expect(await keysFile(dir, true)).toMatchObject({ is: 'ok' })
  expect(await keysFile(dir, false)).toMatchObject({ is: 'broken' })
  const file = join(dir, 'keys.json')
  await writeFile(file, '{}')
  await chmod(file, 0o640)
  expect(await keysFile(dir, false)).toMatchObject({ is: 'warning', fix: `chmod 600 ${file}` })
  await chmod(file, 0o600)
  expect(await keysFile(dir, false)).toMatchObject({ is: 'ok' })
})

test('a folder that is not there, and little room', async () => {
  expect(await dataFolder(dir)).toMatchObject({ is: 'ok' })
  expect(await dataFolder(join(dir, 'mistyped'))).toMatchObject({
    is: 'broken',
    says: `${join(dir, 'mistyped')} is not there.`,
  })
  const at = async (bytes: number) => (await roomLeft(dir, bytes)).is
  expect([await at(100 * 1024 ** 2), await at(1024 ** 3), await at(3 * 1024 ** 3)]).toEqual(['broken', 'warning', 'ok'])
  expect((await roomLeft(dir)).says).toContain(dir)
})

test('clocks that differ', () => {
  expect([clockApart(-1_000), clockApart(3_000), clockApart(-90_000)].map((f) => f.is)).toEqual([
    'ok',
    'warning',
    'broken',
  ])
  expect(clockApart(-90_000).says).toContain('90.0 s behind')
})

test('the address: not public, led elsewhere, refused, well', async () => {
  const at = (url: string | undefined, answer: () => Promise<{ status: number; text: string }>) =>
    publicAddress(url, answer)
  const well = async () => ({ status: 200, text: '{"ok":true}' })
  expect(await at(undefined, well)).toMatchObject({ is: 'note' })
  expect(await at('http://localhost:4400', well)).toMatchObject({ is: 'note' })
  expect(await at('https://clarion.example.org', well)).toMatchObject({ is: 'ok' })
  expect(await at('https://clarion.example.org', async () => ({ status: 200, text: 'Welcome' }))).toMatchObject({
    is: 'broken',
    says: 'https://clarion.example.org/health/live answers 200, and not as Clarion does.',
  })
  const refuse = async () => {
    throw new AddressRefused('unknown-host', 'There is no host named clarion.example.org.')
  }
  expect(await at('https://clarion.example.org', refuse)).toMatchObject({
    is: 'broken',
    says: expect.stringContaining('There is no host named'),
  })
})

test('a certificate: expired, soon, well', () => {
  expect([certificateDays(-1), certificateDays(1), certificateDays(40)].map((f) => f.is)).toEqual([
    'broken',
    'warning',
    'ok',
  ])
  expect(certificateDays(1).says).toContain('1 day.')
})
