/** A file on its way to Reddit: a lease for S3, then a form with the file last (fact sheet §4.2). */
import { z } from 'zod'
import type { StepMedia } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { type Access, base, headersOf, raw } from './access.ts'

const lease = z.object({
  args: z.object({
    action: z.string(),
    fields: z.array(z.object({ name: z.string(), value: z.string() })).min(1),
  }),
  asset: z.object({ asset_id: z.string().min(1) }),
})
export type Lease = z.output<typeof lease>

/** What is kept of an upload. `url` names the file in the submit, `assetId` in the finished post. */
export type Asset = { assetId: string; url: string }

const endings: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
}

export const askLease = async (c: Access, mime: string): Promise<Lease> =>
  (
    await c.http({
      method: 'POST',
      url: `${base}/api/media/asset.json`,
      query: raw,
      headers: headersOf(c),
      form: { api_type: 'json', filepath: `file.${endings[mime] ?? 'bin'}`, mimetype: mime },
      expect: lease,
    })
  ).body

/** Only Amazon's hosts are believed: an answer must not send a file of ours anywhere else. */
export const storeOf = (action: string): string => {
  const url = URL.canParse(`https:${action}`) ? new URL(`https:${action}`) : undefined
  if (!action.startsWith('//') || !url?.hostname.endsWith('.amazonaws.com') || url.username || url.port)
    throw new PlatformFailure({
      kind: 'our-bug',
      code: 'reddit.upload-host',
      message: 'Reddit named a place for the upload that Clarion does not know. Nothing was sent.',
    })
  return url.href.replace(/\/$/, '')
}

/** A gigabyte over a slow line. */
const uploadTimeout = 60 * 60_000

/**
 * Leases live for a short time and take one file, so none is kept between tries: when anything goes wrong a new one is
 * asked for, which harms nobody. S3 gets no token of ours; the file is streamed from the disk.
 */
export const sendFile = async (c: Access, media: StepMedia): Promise<Asset> => {
  const { args, asset } = await askLease(c, media.mime)
  const store = storeOf(args.action)
  const key = args.fields.find((f) => f.name === 'key')?.value
  if (!key)
    throw new PlatformFailure({
      kind: 'unknown-outcome',
      code: 'reddit.unreadable',
      message: 'Reddit gave a place for the upload without a name for the file.',
    })
  const multipart = new FormData()
  for (const { name, value } of args.fields) multipart.append(name, value)
  multipart.append('file', await media.blob(), `file.${endings[media.mime] ?? 'bin'}`)
  await c.http({
    method: 'POST',
    url: `${store}/`,
    multipart,
    headers: { 'user-agent': c.userAgent },
    timeoutMs: uploadTimeout,
  })
  return { assetId: asset.asset_id, url: `${store}/${key}` }
}
