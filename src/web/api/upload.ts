/** Uploading a file with progress: XMLHttpRequest, because fetch cannot tell how much has been sent. */
import type { Media } from '#contract/media.ts'
import { newKey, Offline, problemFrom, urlOf } from './client.ts'

export type Upload = { promise: Promise<Media>; abort: () => void }

/** Sends one file, read from the disk as it goes. `onProgress` gets 0..1; at 1 the server is still looking at it. Raises `ApiProblem` or `Offline`; `abort()` rejects with an AbortError. */
export const upload = (ws: string, file: File, onProgress: (share: number) => void): Upload => {
  const xhr = new XMLHttpRequest()
  const promise = new Promise<Media>((resolve, reject) => {
    const form = new FormData()
    form.set('alt', '')
    form.set('file', file, file.name)
    xhr.open('POST', urlOf('mediaUpload', { ws }))
    xhr.setRequestHeader('idempotency-key', newKey())
    xhr.setRequestHeader('accept', 'application/json')
    xhr.upload.onprogress = (e) => e.lengthComputable && onProgress(e.loaded / e.total)
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) resolve(JSON.parse(xhr.responseText) as Media)
      else reject(problemFrom(xhr.status, xhr.responseText))
    }
    xhr.onerror = () => reject(new Offline())
    xhr.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    xhr.send(form)
  })
  return { promise, abort: () => xhr.abort() }
}
