import { lockFile } from './file-names.js'
import type { Files } from './files.js'

/** Another broker uses the data directory. */
export class DataDirectoryLocked extends Error {
  override readonly name = 'DataDirectoryLocked'
}

/** Directories that brokers of this very process hold: after a restart in a container the process id may be the old one. */
const held = new Set<string>()

/** Takes the directory for this process, also from a process that died. Returns how to give it back. */
export function lockDirectory(files: Files, directory: string): () => void {
  const path = `${directory}/${lockFile}`
  const mine = Buffer.from(String(process.pid))
  if (!files.createExclusively(path, mine)) {
    const owner = Number(files.readFile(path).toString())
    if (owner === process.pid ? held.has(path) : isAlive(owner)) {
      throw new DataDirectoryLocked(
        `The data directory ${directory} is in use by the broker with process id ${owner}: stop that one, or choose another --data-dir.`,
      )
    }
    files.writeFile(path, mine)
  }
  held.add(path)
  return () => {
    held.delete(path)
    files.remove(path)
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}
