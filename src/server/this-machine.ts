/** Does a request come from this machine, and from nobody else through it? */
import type { IncomingMessage } from 'node:http'
import { isLoopback } from '#infra/config.ts'
import type { TrustProxy } from '#infra/trust-proxy.ts'

const plain = (address: string | undefined) => (address ?? '').replace(/^::ffff:/, '')

/** `127.0.0.1:4400`, `[::1]:4400` -> the name alone. */
const nameOf = (host: string | undefined) =>
  (host ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()

/**
 * True for a connection of this machine with itself, made by somebody who typed its own address. A proxy that forwards
 * strangers says so in its headers; a page of another site that had its name point at 127.0.0.1 sends that name as Host.
 * A proxy that does neither cannot be told apart: where strangers may come through one (`isPrivate` false), this alone
 * opens nothing that could be harmed.
 */
export const isHere = (req: IncomingMessage): boolean => {
  const { socket, headers } = req
  const from = plain(socket.remoteAddress)
  const to = plain(socket.localAddress)
  const name = nameOf(headers.host)
  return (
    (isLoopback(from) || (from !== '' && from === to)) &&
    (isLoopback(name) || (name !== '' && name === to)) &&
    headers['x-forwarded-for'] === undefined &&
    headers['x-forwarded-host'] === undefined &&
    headers['x-real-ip'] === undefined &&
    headers.forwarded === undefined
  )
}

/** Is Clarion meant for this machine only: its address is, and no proxy stands in front? */
export const isPrivate = (o: { publicUrl: string; trustProxy: TrustProxy }): boolean =>
  !o.trustProxy && isLoopback(new URL(o.publicUrl).hostname.replace(/^\[(.*)\]$/, '$1'))
