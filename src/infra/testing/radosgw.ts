/**
 * A real S3 server for tests: Ceph's RADOS Gateway (Debian: ceph-mon, ceph-osd, radosgw) as a cluster of one node that keeps
 * everything in memory, on free loopback ports, in a folder of its own. It is there in about ten seconds and ends with us.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { diesWithUs } from './dies-with-us.ts'
import { freePort } from './free-port.ts'

export type TestS3 = {
  endpoint: string
  accessKeyId: string
  secretAccessKey: string
  /** Makes a new, empty bucket and gives its name. */
  bucket: () => Promise<string>
  /** The same as variables of a Clarion, with a new bucket. */
  env: () => Promise<Record<string, string>>
  /** A client of the SDK, to look behind Clarion's back. */
  client: S3Client
  /** Takes the door away (killed), and opens it again on the same port: what is stored stays. */
  close: () => Promise<void>
  /** To the door: SIGSTOP and SIGCONT make one that takes connections and does not answer. */
  signal: (s: NodeJS.Signals) => void
  open: () => Promise<void>
  stop: () => Promise<void>
}

const run = promisify(execFile)

const configuration = (o: { fsid: string; dir: string; monPort: number; port: number }) => `[global]
fsid = ${o.fsid}
mon host = v2:127.0.0.1:${o.monPort}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 0
mon data = ${o.dir}/mon
osd data = ${o.dir}/osd
osd objectstore = memstore
memstore device bytes = 8589934592
run dir = ${o.dir}
admin socket =
pid file =
crash dir = ${o.dir}
log file = ${o.dir}/$name.log
mon cluster log file = ${o.dir}/cluster.log
keyring = ${o.dir}/keyring
rgw data = ${o.dir}
rgw frontends = beast endpoint=127.0.0.1:${o.port}
`

/** Until `answers` gives true; what ended meanwhile is told with the end of its log. */
const until = async (answers: () => Promise<boolean>, daemon: ChildProcess, log: string): Promise<void> => {
  for (;;) {
    if (await answers().catch(() => false)) return
    if (daemon.exitCode !== null || daemon.signalCode !== null) {
      const said = await readFile(log, 'utf8').catch(() => '')
      throw new Error(`${daemon.spawnfile} ended (${daemon.exitCode}):\n${said.split('\n').slice(-15).join('\n')}`)
    }
    await pause(100)
  }
}

/** Starts it. @testing */
export const testS3 = async (): Promise<TestS3> => {
  const dir = await mkdtemp(join(tmpdir(), 'clarion-s3-'))
  const conf = join(dir, 'ceph.conf')
  const [monPort, port] = [await freePort(), await freePort()]
  const fsid = randomUUID()
  const env = { PATH: '/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin', CEPH_CONF: conf, LC_ALL: 'C.UTF-8' }
  const tool = (name: string, ...args: string[]) => run(name, args, { env, cwd: dir })
  const key = (...args: string[]) => tool('ceph-authtool', join(dir, 'keyring'), ...args)
  const endpoint = `http://127.0.0.1:${port}`

  const living: ChildProcess[] = []
  let letGo = (): void => undefined
  const daemon = (name: string, ...args: string[]): ChildProcess => {
    const child = spawn(name, args, { env, cwd: dir, stdio: 'ignore' })
    child.on('error', () => undefined)
    living.push(child)
    letGo()
    letGo = diesWithUs({ folder: dir, pids: living.flatMap((c) => (c.pid ? [c.pid] : [])) })
    return child
  }
  const end = async (child: ChildProcess): Promise<void> => {
    living.splice(living.indexOf(child), 1)
    if (child.exitCode !== null || child.signalCode !== null || !child.pid) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  const stop = async () => {
    for (const child of [...living].reverse()) await end(child)
    letGo()
    await rm(dir, { recursive: true, force: true })
  }

  let gateway: ChildProcess | undefined
  const open = async () => {
    gateway = daemon('radosgw', '-f', '-n', 'client.admin')
    const answers = async () => (await fetch(endpoint)).ok
    await until(answers, gateway, join(dir, 'client.admin.log'))
  }

  try {
    await mkdir(join(dir, 'mon'))
    await mkdir(join(dir, 'osd'))
    await writeFile(conf, configuration({ fsid, dir, monPort, port }))
    await key('--create-keyring', '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *')
    const everything = ['--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *']
    await key('--gen-key', '-n', 'client.admin', ...everything)
    await key('--gen-key', '-n', 'osd.0', '--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *')
    const map = join(dir, 'monmap')
    await tool('monmaptool', '--create', '--addv', 'a', `v2:127.0.0.1:${monPort}`, '--fsid', fsid, map)
    await tool('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map, '--keyring', join(dir, 'keyring'))
    const mon = daemon('ceph-mon', '-f', '-i', 'a')
    const uuid = randomUUID()
    // Asked before the monitor has a quorum it would wait, and be refused.
    const known = async () => (await tool('ceph', '--connect-timeout', '5', 'osd', 'new', uuid)).stdout.trim() === '0'
    await until(known, mon, join(dir, 'mon.a.log'))
    await tool('ceph-osd', '--mkfs', '-i', '0', '--osd-uuid', uuid)
    daemon('ceph-osd', '-f', '-i', '0')
    const [accessKeyId, secretAccessKey] = [randomBytes(10).toString('hex'), randomBytes(20).toString('hex')]
    const keys = ['--access-key', accessKeyId, '--secret-key', secretAccessKey]
    await tool('radosgw-admin', 'user', 'create', '--uid', 'clarion', '--display-name', 'clarion', ...keys)
    await open()

    const client = new S3Client({
      region: 'us-east-1',
      endpoint,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
      requestChecksumCalculation: 'WHEN_REQUIRED',
    })
    const bucket = async () => {
      const name = `test-${randomBytes(6).toString('hex')}`
      await client.send(new CreateBucketCommand({ Bucket: name }))
      return name
    }
    return {
      endpoint,
      accessKeyId,
      secretAccessKey,
      client,
      bucket,
      env: async () => ({
        S3_ENDPOINT: endpoint,
        S3_BUCKET: await bucket(),
        S3_ACCESS_KEY_ID: accessKeyId,
        S3_SECRET_ACCESS_KEY: secretAccessKey,
      }),
      close: async () => {
        if (gateway) await end(gateway)
      },
      open,
      signal: (s) => void gateway?.kill(s),
      stop: async () => {
        client.destroy()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}
