/** The public address, looked at as a network on the Internet would. */
import { connect } from 'node:tls'
import { AddressRefused, openPublic } from '#infra/guard.ts'
import { isReachable } from '#planner/channels/reachable.ts'
import { broken, counted, type Finding, note, ok, warning } from './finding.ts'

type Ask = (url: string) => Promise<{ status: number; text: string }>

const asNetworksDo: Ask = async (url) => {
  const { status, body } = await openPublic(url, { maxBytes: 10_000, timeoutMs: 10_000 })
  let text = ''
  for await (const part of body) text += part
  return { status, text }
}

/** `url`: CLARION_URL, undefined when it is not set. */
export const publicAddress = async (url: string | undefined, ask: Ask = asNetworksDo): Promise<Finding> => {
  if (!url || !isReachable(url))
    return note(
      `${url ?? 'This machine'} is not reachable from the Internet: networks that fetch media and webhooks do not get here.`,
      'To publish pictures to networks that fetch them, put Clarion behind a proxy with https and set CLARION_URL to that address, or keep files on S3.',
    )
  const fix = 'Point the name of CLARION_URL at your proxy, and let the proxy pass everything on to Clarion.'
  try {
    const { status, text } = await ask(`${url}/health/live`)
    return status === 200 && text.includes('"ok":true')
      ? ok(`${url} leads here`)
      : broken(`${url}/health/live answers ${status}, and not as Clarion does.`, fix)
  } catch (error) {
    if (!(error instanceof AddressRefused)) throw error
    return broken(`${url} does not lead here: ${error.message}`, fix)
  }
}

const dayMs = 86_400_000

export const certificateDays = (days: number): Finding => {
  const fix =
    'Renew the certificate at your proxy (Caddy and Traefik do it by themselves where ports 80 and 443 are open).'
  if (days < 0) return broken('The certificate of CLARION_URL has expired.', fix)
  return days < 10
    ? warning(`The certificate of CLARION_URL expires in ${counted(days, 'day')}.`, fix)
    : ok(`good for ${counted(days, 'day')}`)
}

/** Who answers for the name of CLARION_URL, and until when. `now`: ms UTC. */
export const certificate = async (url: string | undefined, now: number): Promise<Finding> => {
  if (!url || !isReachable(url)) return ok('no public address')
  const { hostname, port } = new URL(url)
  const until = await new Promise<string | Error>((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 443), servername: hostname, timeout: 10_000 })
    const end = (with_: string | Error) => {
      socket.destroy()
      resolve(with_)
    }
    socket.once('secureConnect', () => end(socket.getPeerCertificate().valid_to))
    socket.once('timeout', () => end(new Error('no answer within 10 s')))
    socket.once('error', end)
  })
  if (until instanceof Error)
    return broken(
      `The certificate of CLARION_URL is not trusted: ${until.message}`,
      'Give your proxy a certificate of a public authority for that name.',
    )
  return certificateDays(Math.floor((Date.parse(until) - now) / dayMs))
}
