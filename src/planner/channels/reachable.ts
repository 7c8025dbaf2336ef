/** Can a network on the Internet reach us? Judged by the address alone; nothing is called or resolved. */
import { isIP } from 'node:net'
import { isPublicAddress } from '#infra/guard.ts'

/** False for plain http, names of this machine or house (`localhost`, one label, `.local`, `.internal`, ...) and private addresses. */
export const isReachable = (publicUrl: string): boolean => {
  const url = new URL(publicUrl)
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (url.protocol !== 'https:') return false
  if (isIP(host)) return isPublicAddress(host)
  return host.includes('.') && !/\.(local|localhost|internal|lan|home|test|invalid|home\.arpa)$/i.test(host)
}
