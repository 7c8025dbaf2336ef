/** rupload.facebook.com as it behaves (fact sheet facebook.md §3.5): one request from an offset on, or a `file_url` header. */
import { json } from '#kit/sandbox/answer.ts'
import { authToken } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { type Assembled, addPiece, assemble, type PieceUpload, pull } from '#kit/sandbox/uploads.ts'
import { debugInfo } from './envelope.ts'
import type { MetaWorld } from './state.ts'

export type RuploadOptions = {
  /** Largest file (bytes). */
  maxBytes: number
  /** Keeps only this many bytes of the first request and breaks off, as a bad line would; 0 = off. */
  cutBytes?: number
  /** The whole file is here. */
  whole: (file: Assembled) => SandboxResponse | undefined
}

const cut = (world: MetaWorld, upload: PieceUpload, req: SandboxRequest, bytes: number): SandboxResponse => {
  addPiece(world, upload, req.body.subarray(0, bytes))
  return debugInfo('PartialRequestError', 'Partial request (did not match length of file)')
}

/** The token must be live and in `Authorization: OAuth`; who may use the upload is the caller's to check. */
export const receive = async (
  world: MetaWorld,
  upload: PieceUpload,
  req: SandboxRequest,
  o: RuploadOptions,
): Promise<SandboxResponse> => {
  if (!authToken(req, 'oauth'))
    return debugInfo('NotAuthorizedError', 'Authorization: OAuth <token> is required', false)
  const fileUrl = req.headers.file_url
  if (fileUrl !== undefined) {
    if (req.body.length > 0) return debugInfo('ProcessingFailedError', 'file_url comes without a body')
    const file = await pull(world, fileUrl, o.maxBytes)
    if ('problem' in file) return debugInfo('ProcessingFailedError', `The file could not be fetched: ${file.problem}`)
    upload.received = file.bytes
    upload.size = file.bytes
    return o.whole(file) ?? json(200, { success: true })
  }
  if (!/^\d+$/.test(req.headers.offset ?? ''))
    return debugInfo('OffsetInvalidError', 'Header Offset not convertable to unsigned int')
  const size = Number(req.headers.file_size)
  if (!Number.isInteger(size) || size <= 0)
    return debugInfo('PartialRequestError', 'Header file_size is missing', false)
  if (size > o.maxBytes) return debugInfo('ProcessingFailedError', `A file may have at most ${o.maxBytes} bytes`)
  const offset = Number(req.headers.offset)
  if (offset !== upload.received) return debugInfo('OffsetInvalidError', 'Request starting offset is invalid')
  upload.size ??= size
  if (upload.size !== size) return debugInfo('PartialRequestError', 'file_size differs from the first request', false)
  if (o.cutBytes && upload.pieces.length === 0 && req.body.length > o.cutBytes)
    return cut(world, upload, req, o.cutBytes)
  if (offset + req.body.length !== size) return cut(world, upload, req, Math.min(req.body.length, size - offset))
  addPiece(world, upload, req.body)
  return o.whole(assemble(world, upload)) ?? json(200, { success: true })
}
