/** Addresses of the machine the sandbox runs on, which stand for public https ones: networks would take only those. */
const homes = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** `hostname` as `URL` writes it. */
export const isHome = (hostname: string): boolean => homes.has(hostname)

/** https anywhere, or plain http on this machine. */
export const httpsOrHome = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isHome(url.hostname))
