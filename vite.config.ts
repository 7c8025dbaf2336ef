import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** Below this many bytes a compressed copy saves nothing worth a file. */
const worthwhile = 1024

/** Scripts and styles are compressed once, here, and served as they lie: the best brotli is too slow for each request. */
const precompressed = (): Plugin => ({
  name: 'clarion-precompressed',
  apply: 'build',
  writeBundle: ({ dir = '' }, bundle) => {
    for (const name of Object.keys(bundle)) {
      if (!/\.(js|css|svg|json)$/.test(name)) continue
      const file = join(dir, name)
      const bytes = readFileSync(file)
      if (bytes.length < worthwhile) continue
      const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
      writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }))
      writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }))
    }
  },
})

export default defineConfig({
  root: 'src/web',
  plugins: [react(), tailwindcss(), precompressed()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    rolldownOptions: {
      output: {
        // zod and our policy for it in one file: whoever makes a schema has loaded both, whatever else is cut apart.
        codeSplitting: { groups: [{ name: 'zod', test: /node_modules\/zod\/|lib\/zod-policy\.ts$/ }] },
      },
    },
  },
})
