/** Files in: multipart, `attach://`, our own URL or a file_id; judged as Telegram judges them (fact sheet telegram.md §3). */
import { Refused } from '#kit/sandbox/answer.ts'
import { sniff } from '#kit/sandbox/sniff.ts'
import { bodyUpTo } from '#kit/sandbox/uploads.ts'
import { files as n } from './numbers.ts'
import { bad, type Params, tgError } from './params.ts'
import type { File, TgWorld } from './state.ts'

const fetched = async (world: TgWorld, address: string, max: number): Promise<Buffer> => {
  if (!URL.canParse(address)) return bad('wrong HTTP URL specified')
  const url = new URL(address)
  if (!/^https?:$/.test(url.protocol)) return bad('wrong HTTP URL specified')
  const res = await world.fetch(url, { redirect: 'error', signal: AbortSignal.timeout(10_000) }).catch(() => null)
  const bytes = res?.ok ? await bodyUpTo(res, max) : null
  return bytes ?? bad('failed to get HTTP URL content')
}

const checkPhoto = (bytes: Buffer): void => {
  const seen = sniff(bytes)
  if (bytes.length > n.photoBytes)
    bad(
      `file of size ${bytes.length} bytes is too big for a photo; the maximum size is ${n.photoBytes} bytes: file is too big`,
    )
  if (!n.photoTypes.includes(seen.mime) || !seen.width || !seen.height) bad('IMAGE_PROCESS_FAILED')
  const { width = 0, height = 0 } = seen
  if (width + height > n.photoSides || Math.max(width, height) > n.photoRatio * Math.min(width, height))
    bad('PHOTO_INVALID_DIMENSIONS')
}

/** The bytes a file parameter stands for, stored; `value` is the member's text (`attach://x`, URL, file_id) or undefined when the part is named itself. */
export const takeFile = async (
  world: TgWorld,
  p: Params,
  name: string,
  value: string | undefined,
  kind: File['kind'],
): Promise<File> => {
  const attached = /^attach:\/\/(.+)$/.exec(value ?? '')?.[1]
  const part = attached !== undefined ? p.files[attached] : p.files[name]
  let bytes: Buffer
  let filename: string | null = null
  if (part) {
    bytes = part.bytes
    filename = part.filename || null
    if (bytes.length > n.otherBytes) throw new Refused(tgError(413, 'Request Entity Too Large'))
    if (bytes.length === 0) return bad('file must be non-empty')
  } else if (value === undefined || attached !== undefined) return bad(`there is no ${kind} in the request`)
  else if (/^[a-z]+:\/\//i.test(value))
    bytes = await fetched(world, value, kind === 'photo' ? n.photoUrlBytes : n.otherUrlBytes)
  else {
    const known = Object.hasOwn(world.state.files, value) ? world.state.files[value] : undefined
    if (known && known.kind !== kind) return bad(`type of file mismatch`)
    return known ?? bad('wrong file identifier/HTTP URL specified')
  }
  if (kind === 'photo') checkPhoto(bytes)
  const seen = sniff(bytes)
  if (kind === 'video' && seen.kind !== 'video') return bad('wrong type of the web page content')
  const mime = seen.mime === 'application/octet-stream' ? (part?.mime ?? seen.mime) : seen.mime
  const f: File = {
    id: `${kind === 'photo' ? 'AgAC' : 'BQAC'}${world.id(56)}`,
    unique: `AQAD${world.id(12)}`,
    blob: world.blobs.put(bytes, safeMime(mime)),
    kind,
    size: bytes.length,
    width: seen.width ?? null,
    height: seen.height ?? null,
    seconds: Math.round((seen.durationMs ?? 0) / 1000),
    name: filename,
    mime: safeMime(mime),
  }
  world.state.files[f.id] = f
  world.changed()
  return f
}

const safeMime = (mime: string) =>
  /^[a-z]+\/[a-z0-9.+-]+$/i.test(mime) && !/html|xml|svg|script/i.test(mime) ? mime : 'application/octet-stream'
