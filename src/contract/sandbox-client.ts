/**
 * How Clarion's own calls say who they are in the sandbox, whatever user agent a network wants of them. No live network
 * ever sees it. The desk tells by it whose call an imitation had to be tolerant of.
 */
export const sandboxClient = { header: 'x-sandbox-client', name: 'Clarion' } as const

/** To be added to the headers of a call to the sandbox. */
export const asClarion = (): Record<string, string> => ({ [sandboxClient.header]: sandboxClient.name })
