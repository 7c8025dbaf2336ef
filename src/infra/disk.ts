import { statfs } from 'node:fs/promises'

/** Room on the disk of a folder, in bytes: what an ordinary user may still write, and all of it. @throws when the folder is not there. */
export const diskRoom = async (dir: string): Promise<{ free: number; total: number }> => {
  const { bavail, blocks, bsize } = await statfs(dir)
  return { free: bavail * bsize, total: blocks * bsize }
}
