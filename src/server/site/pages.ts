/**
 * What the documents at /docs/ are made of: the Markdown of `docs/`, its decisions, and the setup page each platform keeps in
 * its own folder. The addresses follow from the files, so that a page cannot be written and not be there.
 */
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** Below it all sources lie; links between them are written as on a code host, relative to the file. */
const root = resolve(import.meta.dirname, '../../..')

export type Page = { /** Below /docs/; '' is the first page. */ slug: string /** Absolute. */; file: string }

/** The order people read in; what is not named here comes under "More" of the navigation. */
export const reading = [
  '',
  'install',
  'first-post',
  'networks',
  'backup',
  'scaling',
  'storage',
  'proxies',
  'problems',
  'programs',
  'security',
] as const

const names = async (folder: string, kind: 'file' | 'folder'): Promise<string[]> =>
  (await readdir(join(root, folder), { withFileTypes: true }).catch(() => []))
    .filter((e) => (kind === 'folder' ? e.isDirectory() : e.isFile() && e.name.endsWith('.md')))
    .map((e) => e.name)
    .sort()

const slugOf = (name: string) => (name === 'index.md' ? '' : name.slice(0, -3).toLowerCase())

/** Every page there is. A platform's folder without a guide is none (the registry, what families share). */
export const findPages = async (): Promise<Page[]> => {
  const page = (slug: string, ...at: string[]): Page => ({ slug, file: join(root, ...at) })
  const guides = await Promise.all(
    (await names('src/platforms', 'folder')).map(async (id) =>
      (await names(`src/platforms/${id}`, 'file')).includes('README.md')
        ? [page(`networks/${id}`, 'src/platforms', id, 'README.md')]
        : [],
    ),
  )
  return [
    ...(await names('docs', 'file')).map((name) => page(slugOf(name), 'docs', name)),
    ...(await names('docs/decisions', 'file')).map((name) => page(`decisions/${slugOf(name)}`, 'docs/decisions', name)),
    ...guides.flat(),
  ]
}

/**
 * Where a link of a page leads on the site: an address, or null when its target is a file of the source that is no page (its
 * words stay, the link goes). Addresses of the web and of Clarion itself ("/openapi.json") stay as they are.
 */
export const linkFrom = (page: Page, pages: readonly Page[], href: string): string | null => {
  if (/^(https?:\/\/|mailto:|#|\/)/.test(href)) return href
  if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return null
  const [path = '', hash] = href.split('#', 2)
  const target = sourceOf(page, path)
  const found = pages.find((p) => p.file === target)
  return found ? `/docs/${found.slug}${hash ? `#${hash}` : ''}` : null
}

/** The file a relative link of a page names. */
export const sourceOf = (page: Page, path: string): string => resolve(page.file, '..', decodeURI(path))
