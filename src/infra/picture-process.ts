/** A process `pictures.ts` starts: takes one task at a time, and ends when nobody is there to ask. */
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { drawDocument, drawVideo } from './drawings.ts'
import { writeWhole } from './files.ts'
import { inspectImage, renderImage } from './images.ts'
import { ImageRefused, type PictureSource, type PictureTask, type PictureWord } from './pictures.ts'

const say = (word: PictureWord): void => {
  process.send?.(word)
}
let go: (() => void) | undefined
const admit = (needs: number): Promise<void> =>
  new Promise((resolve) => {
    go = resolve
    say({ needs })
  })

const bytesOf = (source: PictureSource): Promise<Uint8Array> | Uint8Array => {
  if ('path' in source) return readFile(source.path)
  if ('bytes' in source) return source.bytes
  return source.of === 'video' ? drawVideo(source) : drawDocument(source)
}

const work = async (task: PictureTask): Promise<PictureWord> => {
  if (task.do === 'inspect') {
    const { path, maxBytes, maxPixels } = task
    return { seen: await inspectImage(await readFile(path), { maxBytes, maxPixels, admit }) }
  }
  const out = await renderImage(await bytesOf(task.source), task.limits, admit)
  await writeWhole(task.into, out.bytes)
  return { made: { bytes: out.bytes.length, mime: out.mime, width: out.width, height: out.height } }
}

process.on('disconnect', () => process.exit())
process.on('message', (message: PictureTask | 'go') => {
  if (message === 'go') return go?.()
  work(message).then(say, (error: unknown) =>
    say(
      error instanceof ImageRefused
        ? { refused: error.reason, message: error.message }
        : {
            broke: error instanceof Error ? (error.stack ?? error.message) : String(error),
            code: (error as NodeJS.ErrnoException).code,
          },
    ),
  )
})
