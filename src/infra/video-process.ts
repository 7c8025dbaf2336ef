/** The process `inspectVideo` starts: one file, one line of JSON. An error nobody foresaw ends it with its stack on stderr. */
import process from 'node:process'
import { readVideo } from './video-reader.ts'
import { type VideoAnswer, VideoRefused } from './videos.ts'

const answer = await readVideo(process.argv[2] ?? '').then(
  (facts): VideoAnswer => ({ facts }),
  (error: unknown): VideoAnswer => {
    if (error instanceof VideoRefused) return { refused: error.reason, message: error.message }
    throw error
  },
)
process.stdout.write(`${JSON.stringify(answer)}\n`)
