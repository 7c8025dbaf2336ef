import { fixtureSuite } from '#kit/testing/fixtures.ts'
import { createSession, deleteRecord, getRecord, putRecord, refreshSession, resolveHandle, uploadBlob } from './api.ts'
import platform from './index.ts'

const pds = 'https://pds.example'
const at = { repo: 'did:plc:x', collection: 'app.bsky.feed.post', rkey: '3n2uiymo' }

fixtureSuite({
  platform,
  folder: `${import.meta.dirname}/fixtures`,
  calls: {
    createSession: (http) => createSession(http, pds, 'alice.test', 'app-password'),
    refreshSession: (http) => refreshSession(http, pds, 'refresh'),
    uploadBlob: (http) => uploadBlob({ http, pds, access: 'a', now: () => 0 }, new Blob(['x']), 'image/png'),
    putRecord: (http) => putRecord({ http, pds, access: 'a', now: () => 0 }, { ...at, record: {} }),
    getRecord: (http) => getRecord(http, pds, at),
    deleteRecord: (http) => deleteRecord({ http, pds, access: 'a', now: () => 0 }, at),
    resolveHandle: (http) => resolveHandle(http, pds, 'alice.test'),
  },
})
