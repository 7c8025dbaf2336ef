/**
 * Which proxies are believed when they say who a caller is (`X-Forwarded-For`, `-Host`, `-Proto`). Everything left of what a
 * believed proxy wrote was written by whoever sent the request, so it counts for nothing.
 */
import { BlockList, isIP } from 'node:net'

/** false: none. A number: that many hops, counted from us. A string: addresses, CIDR ranges and these names, by comma. */
export type TrustProxy = false | number | string

/** Names of ranges the server knows. */
const names = ['loopback', 'linklocal', 'uniquelocal']
/** More hops than anybody has. */
const mostHops = 10

const isRange = (text: string): boolean => {
  const [address = '', bits, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (family === 4 ? 32 : 128))
  )
}

/** Where a proxy of one's own stands: this machine, or a private network. */
const near = new BlockList()
for (const [net, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const)
  near.addSubnet(net, bits, 'ipv4')
near.addAddress('::1', 'ipv6')
near.addSubnet('fc00::', 7, 'ipv6')
near.addSubnet('fe80::', 10, 'ipv6')

const isNear = (address: string | undefined): boolean => {
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  const family = isIP(plain)
  // A socket file has no address, and nobody far away.
  return family === 0 ? plain === '' : near.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

/**
 * What the server is told: a list as it is; of hops a rule. The peer itself counts as a hop only when it is near, so that
 * whoever finds the port open beside the proxy cannot name themselves.
 */
export const trusts = (t: TrustProxy): false | string | ((address: string, hop: number) => boolean) =>
  typeof t === 'number' ? (address, hop) => hop < t && (hop > 0 || isNear(address)) : t

/** What CLARION_TRUST_PROXY says, or null when it says nothing sensible. `1` and `true` mean one hop. */
export const readTrustProxy = (value: string | undefined): TrustProxy | null => {
  const text = value?.trim().toLowerCase() ?? ''
  if (['', '0', 'false', 'off', 'no'].includes(text)) return false
  if (['true', 'on', 'yes'].includes(text)) return 1
  if (/^\d+$/.test(text)) return Number(text) <= mostHops ? Number(text) : null
  const list = text.split(',').map((t) => t.trim())
  return list.every((t) => names.includes(t) || isRange(t)) ? list.join(',') : null
}
