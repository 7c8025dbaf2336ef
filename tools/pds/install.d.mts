export const pdsFolder: () => string
export const pdsInstalled: () => boolean
export const installPds: () => string
