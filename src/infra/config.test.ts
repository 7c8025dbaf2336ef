import { describe, expect, test } from 'vitest'
import { CannotStart } from './cannot-start.ts'
import { credentialVariable, publicUrl, readConfig } from './config.ts'

describe('settings', () => {
  test('with nothing set: loopback, port 4400, ./data, own database, sandbox on', () => {
    const c = readConfig({}, [])
    expect(c).toMatchObject({
      host: '127.0.0.1',
      port: 4400,
      loopback: true,
      role: 'all',
      sandbox: true,
      databaseUrl: undefined,
      clock: undefined,
      drainMs: 20_000,
      bodyMs: 60_000,
      videoBytes: 4 * 1024 ** 3,
    })
    expect(c.dataDir).toBe(`${process.cwd()}/data`)
  })

  test('flags win over variables, CLARION_PORT over PORT, and an empty variable counts as unset', () => {
    expect(readConfig({ PORT: '5000' }, []).port).toBe(5000)
    expect(readConfig({ PORT: '5000', CLARION_PORT: '5001' }, []).port).toBe(5001)
    expect(
      readConfig({ CLARION_PORT: '5001', CLARION_ROLE: 'api' }, ['--port', '0', '--role', 'worker']),
    ).toMatchObject({ port: 0, role: 'worker' })
    expect(readConfig({ DATABASE_URL: ' ', CLARION_SANDBOX: '' }, [])).toMatchObject({
      databaseUrl: undefined,
      sandbox: true,
    })
  })

  test.each([
    ['CLARION_PORT', 'http'],
    ['PORT', '70000'],
    ['CLARION_ROLE', 'boss'],
    ['CLARION_SANDBOX', 'maybe'],
    ['DATABASE_URL', 'mysql://a/b'],
    ['REDIS_URL', 'http://127.0.0.1'],
    ['REDIS_URL', 'redis+sentinel://a:26379/mymaster'],
    ['REDIS_URL', 'redis://a:6379,b:6379'],
    ['REDIS_URL', 'redis://a:6379/mymaster'],
    ['CLARION_URL', 'clarion.example'],
    ['CLARION_CLOCK_RATE', '-1'],
    ['CLARION_LOG', 'loud'],
  ])('a wrong %s is named in the error, with a fix', (name, value) => {
    let error: unknown
    try {
      readConfig({ [name]: value }, [])
    } catch (e) {
      error = e
    }
    expect(error).toBeInstanceOf(CannotStart)
    expect((error as CannotStart).message).toContain(name)
    expect((error as CannotStart).fix).not.toBe('')
  })

  test.each(['redis://u:a,b@h:6379/3', 'rediss://:secret@h', 'redis://127.0.0.1:6379/'])('%s is a Redis', (url) => {
    expect(readConfig({ REDIS_URL: url }, []).redisUrl).toBe(url.replace(/\/$/, ''))
  })

  test('files lie on the disk until a bucket is named; half a bucket is refused by name', () => {
    const bucket = { S3_BUCKET: 'b', S3_ACCESS_KEY_ID: 'k', S3_SECRET_ACCESS_KEY: 'very-secret' }
    const read = (env: Record<string, string>) => readConfig(env, []).storage
    expect(read({})).toEqual({ make: 'disk', s3: undefined })
    expect(read({ ...bucket, S3_ENDPOINT: 'https://s3.example/', S3_PREFIX: 'a/b' })).toEqual({
      make: 's3',
      s3: {
        endpoint: 'https://s3.example',
        region: 'auto',
        bucket: 'b',
        accessKeyId: 'k',
        secretAccessKey: 'very-secret',
        pathStyle: true,
        prefix: 'a/b/',
        cdnUrl: undefined,
        cacheBytes: 5 * 1024 ** 3,
      },
    })
    expect(read({ ...bucket, S3_REGION: 'eu-central-1' }).s3).toMatchObject({ endpoint: undefined, pathStyle: false })
    expect(read({ ...bucket, S3_REGION: 'x', CLARION_STORAGE: 'disk' })).toMatchObject({
      make: 'disk',
      s3: { region: 'x' },
    })
    const wrong: [Record<string, string>, RegExp][] = [
      [{ S3_BUCKET: 'b' }, /S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are not set/],
      [{ CLARION_STORAGE: 's3' }, /S3_BUCKET and S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are not set/],
      [{ CDN_URL: 'https://cdn.example' }, /S3_BUCKET/],
      [bucket, /S3_ENDPOINT nor S3_REGION/],
      [{ ...bucket, S3_ENDPOINT: 'https://account.r2.example/bucket' }, /S3_ENDPOINT has a path/],
      [{ ...bucket, S3_ENDPOINT: 'https://s3.example', S3_PREFIX: '../x' }, /S3_PREFIX/],
      [{ ...bucket, S3_ENDPOINT: 's3.example' }, /S3_ENDPOINT is not/],
    ]
    for (const [env, says] of wrong) {
      expect(() => readConfig(env, []), JSON.stringify(env)).toThrow(says)
      expect(() => readConfig(env, [])).toThrow(/^(?!.*very-secret)/)
    }
  })

  test('a wrong DATABASE_URL is not repeated: it may hold a password', () => {
    expect(() => readConfig({ DATABASE_URL: 'pg:secret' }, [])).toThrow(/^(?!.*secret)/)
  })

  test('an unknown flag is refused with the list of known ones', () => {
    expect(() => readConfig({}, ['--prot', '1'])).toThrow(/--prot/)
  })

  test('half a scaled clock is refused', () => {
    expect(() => readConfig({ CLARION_CLOCK_RATE: '20' }, [])).toThrow(CannotStart)
    expect(readConfig({ CLARION_CLOCK_ORIGIN: '0', CLARION_CLOCK_RATE: '20' }, []).clock).toEqual({
      origin: 0,
      rate: 20,
    })
  })

  test('app credentials of a platform come from CLARION_<ID>_<FIELD>', () => {
    expect(credentialVariable('some-net', 'clientId')).toBe('CLARION_SOME_NET_CLIENT_ID')
    const c = readConfig({ CLARION_SOME_NET_CLIENT_ID: 'abc' }, [])
    expect(c.credentials('some-net', ['clientId', 'clientSecret'])).toEqual({ clientId: 'abc' })
    expect(c.credentials('other', ['clientId'])).toEqual({})
  })

  test('the public address', () => {
    expect(publicUrl({ url: undefined, host: '0.0.0.0' }, 4400)).toBe('http://localhost:4400')
    expect(publicUrl({ url: undefined, host: '::1' }, 1)).toBe('http://[::1]:1')
    expect(publicUrl({ url: readConfig({ CLARION_URL: 'https://c.example/' }, []).url, host: 'x' }, 1)).toBe(
      'https://c.example',
    )
  })

  test('a socket URL is a database URL', () => {
    expect(readConfig({ DATABASE_URL: 'postgres://me@/db?host=/run/pg' }, []).databaseUrl).toBe(
      'postgres://me@/db?host=/run/pg',
    )
  })
})
