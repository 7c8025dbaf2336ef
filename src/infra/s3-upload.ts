/**
 * Sends a stream to S3 as it comes: one part is on its way while the next one fills, in two buffers that are used again and
 * again, whatever the length. (`@aws-sdk/lib-storage` copies every part together anew, and reads the sender to the end after
 * a part was refused.) A stream that breaks leaves nothing: what was sent of it is aborted.
 */
import { kept, type S3 } from './s3-client.ts'

/** Bytes of a part; a file may have 10,000 of them. */
const partBytes = 8 * 1024 * 1024
const mostParts = 9_500

export type Target = { key: string; mime?: string; metadata?: Record<string, string> }

/** `atMost`: bytes that may come. Gives when the object is there whole. @throws what the source throws, errors of the SDK. */
export const sendStream = async (
  { sdk, client, settings }: S3,
  { key, mime, metadata }: Target,
  source: AsyncIterable<Uint8Array>,
  atMost: number,
): Promise<void> => {
  const at = { Bucket: settings.bucket, Key: settings.prefix + key }
  const about = { ...(mime ? { ContentType: mime } : {}), ...(metadata ? { Metadata: metadata } : {}) }
  const size = Math.max(partBytes, Math.ceil(atMost / mostParts))
  const parts: { PartNumber: number; ETag: string | undefined }[] = []
  let uploadId: string | undefined
  let current: Buffer = Buffer.allocUnsafeSlow(Math.min(size, Math.max(1, atMost)))
  let other: Buffer | undefined
  let filled = 0
  /** The part that is on its way, in the other buffer. */
  let sending: Promise<void> | undefined

  const sendPart = async (body: Buffer, number: number): Promise<void> => {
    const { ETag } = kept(
      await client.send(new sdk.UploadPartCommand({ ...at, UploadId: uploadId, PartNumber: number, Body: body })),
    )
    parts.push({ PartNumber: number, ETag })
  }
  /** Sends what has filled, once the part before is through: its buffer is the next to fill. */
  const flush = async (number: number) => {
    uploadId ??= (await client.send(new sdk.CreateMultipartUploadCommand({ ...at, ...about }))).UploadId
    await sending
    const full = current
    sending = sendPart(full.subarray(0, filled), number)
    // Told by whoever awaits it next.
    sending.catch(() => undefined)
    current = other ?? Buffer.allocUnsafeSlow(size)
    other = full
    filled = 0
  }

  let number = 0
  try {
    for await (const chunk of source) {
      for (let from = 0; from < chunk.length; ) {
        if (filled === current.length) await flush(++number)
        const some = Math.min(chunk.length - from, current.length - filled)
        current.set(chunk.subarray(from, from + some), filled)
        filled += some
        from += some
      }
    }
    if (number === 0) {
      kept(await client.send(new sdk.PutObjectCommand({ ...at, ...about, Body: current.subarray(0, filled) })))
      return
    }
    await flush(++number)
    await sending
    await client.send(
      new sdk.CompleteMultipartUploadCommand({ ...at, UploadId: uploadId, MultipartUpload: { Parts: parts } }),
    )
  } catch (error) {
    // A part that lands after the abort would stay; where the server is away the sweep comes for it.
    await sending?.catch(() => undefined)
    if (uploadId)
      await client.send(new sdk.AbortMultipartUploadCommand({ ...at, UploadId: uploadId })).catch(() => undefined)
    throw error
  }
}

/** Bytes of one copied part; an object above `wholeCopy` cannot be copied in one request. */
const copyPart = 1024 ** 3
const wholeCopy = 5 * 1000 ** 3

/** Copies within the bucket, without the bytes passing here. */
export const copyObject = async (
  { sdk, client, settings }: S3,
  from: string,
  { key, mime, metadata }: Target,
  bytes: number,
  limits = { wholeCopy, copyPart },
): Promise<void> => {
  const at = { Bucket: settings.bucket, Key: settings.prefix + key }
  const about = { ...(mime ? { ContentType: mime } : {}), ...(metadata ? { Metadata: metadata } : {}) }
  const CopySource = `${settings.bucket}/${(settings.prefix + from).split('/').map(encodeURIComponent).join('/')}`
  if (bytes <= limits.wholeCopy) {
    await client.send(new sdk.CopyObjectCommand({ ...at, ...about, CopySource, MetadataDirective: 'REPLACE' }))
    return
  }
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand({ ...at, ...about }))
  try {
    const Parts: { PartNumber: number; ETag: string | undefined }[] = []
    for (let start = 0; start < bytes; start += limits.copyPart) {
      const CopySourceRange = `bytes=${start}-${Math.min(bytes, start + limits.copyPart) - 1}`
      const PartNumber = Parts.length + 1
      const { CopyPartResult } = await client.send(
        new sdk.UploadPartCopyCommand({ ...at, UploadId, PartNumber, CopySource, CopySourceRange }),
      )
      Parts.push({ PartNumber, ETag: CopyPartResult?.ETag })
    }
    await client.send(new sdk.CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }))
  } catch (error) {
    await client.send(new sdk.AbortMultipartUploadCommand({ ...at, UploadId })).catch(() => undefined)
    throw error
  }
}
