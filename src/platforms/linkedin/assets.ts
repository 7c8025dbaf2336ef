/** Uploading pictures, documents and videos (fact sheet §3.3 to §3.5): calls only. */
import { z } from 'zod'
import type { HttpRequest } from '#kit/client/http.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { type Access, enc, rest } from './rest.ts'

const uploadTimeout = 120_000

/** What LinkedIn names its kinds of files in addresses, and their URNs. */
export type AssetKind = 'images' | 'documents' | 'videos'

const single = z.object({
  value: z
    .object({
      uploadUrl: z.url(),
      uploadUrlExpiresAt: z.coerce.number().optional(),
      image: z.string().optional(),
      document: z.string().optional(),
    })
    .transform((v) => ({ url: v.uploadUrl, expiresAt: v.uploadUrlExpiresAt ?? null, urn: v.image ?? v.document ?? '' }))
    .refine((v) => v.urn.startsWith('urn:li:')),
})

/** Announces a picture or document; the owner must be the later author. */
export const initialize = async (c: Access, kind: 'images' | 'documents', owner: string) =>
  (
    await rest(c, `/${kind}?action=initializeUpload`, {
      method: 'POST',
      json: { initializeUploadRequest: { owner } },
      expect: single,
    })
  ).body.value

const video = z.object({
  value: z.object({
    video: z.string().startsWith('urn:li:video:'),
    uploadToken: z.string().default(''),
    uploadUrlsExpireAt: z.coerce.number().optional(),
    uploadInstructions: z
      .array(z.object({ uploadUrl: z.url(), firstByte: z.coerce.number(), lastByte: z.coerce.number() }))
      .min(1),
    captionsUploadUrl: z.url().optional(),
    thumbnailUploadUrl: z.url().optional(),
  }),
})

/** Announces a video; the answer says which bytes go where. */
export const initializeVideo = async (
  c: Access,
  o: { owner: string; bytes: number; captions: boolean; thumbnail: boolean },
) =>
  (
    await rest(c, '/videos?action=initializeUpload', {
      method: 'POST',
      json: {
        initializeUploadRequest: {
          owner: o.owner,
          fileSizeBytes: o.bytes,
          uploadCaptions: o.captions,
          uploadThumbnail: o.thumbnail,
        },
      },
      expect: video,
    })
  ).body.value

/** `parts`: the ETags in the order of the instructions. */
export const finalizeVideo = async (
  c: Access,
  o: { video: string; uploadToken: string; parts: readonly string[] },
): Promise<void> => {
  await rest(c, '/videos?action=finalizeUpload', {
    method: 'POST',
    json: { finalizeUploadRequest: { video: o.video, uploadToken: o.uploadToken, uploadedPartIds: o.parts } },
  })
}

/** Bytes and token go to LinkedIn alone, whatever the answer named. Plain http is the sandbox's: live, it is refused before it leaves. */
const trusted = (address: string): boolean => {
  const { protocol, hostname } = new URL(address)
  return protocol === 'http:' || hostname === 'linkedin.com' || hostname.endsWith('.linkedin.com')
}

/**
 * Sends bytes to an address LinkedIn handed out. Pictures and documents prove who sends them, parts of a video must not.
 * Gives the ETag without its quotes, or an empty string.
 */
export const put = async (
  c: Access,
  url: string,
  bytes: HttpRequest['bytes'],
  o: { signed: boolean; headers?: Record<string, string> },
): Promise<string> => {
  if (!trusted(url))
    throw new PlatformFailure({
      kind: 'our-bug',
      code: 'linkedin.upload-address',
      message: `LinkedIn named an upload address that is not its own (${new URL(url).host}). Nothing was sent there.`,
    })
  const { headers } = await c.http({
    method: 'PUT',
    url,
    bytes,
    timeoutMs: uploadTimeout,
    headers: {
      'content-type': 'application/octet-stream',
      ...(o.signed ? { authorization: `Bearer ${c.access}` } : {}),
      ...o.headers,
    },
  })
  return (headers.etag ?? '').replace(/^(?:W\/)?"(.*)"$/, '$1')
}

const status = z.object({
  status: z.enum(['WAITING_UPLOAD', 'PROCESSING', 'AVAILABLE', 'PROCESSING_FAILED']),
  processingFailureReason: z.string().optional(),
})

/** How far LinkedIn is with a file. */
export const assetStatus = async (c: Access, kind: AssetKind, urn: string) =>
  (await rest(c, `/${kind}/${enc(urn)}`, { method: 'GET', expect: status })).body
