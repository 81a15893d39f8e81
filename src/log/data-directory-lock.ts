import type { Presence } from '../engine/presence.js'
import { newId } from '../random/ids.js'
import { announcement, isUnlockedAnnouncement, lockFile, unlockedAnnouncement } from './file-names.js'
import type { Files } from './files.js'
import { isFull, StorageFault } from './storage-fault.js'

/** The error of a data directory that another broker uses. */
export class DataDirectoryLocked extends Error {
  override readonly name = 'DataDirectoryLocked'
  readonly code = 'OTTLA_DATA_DIRECTORY_LOCKED'
}

/** The presence that hears nobody, so that process ids have to do. */
const silence: Presence = { announce: async () => null, isHeard: async () => null }

/** The lock files of brokers of this very process. */
const held = new Set<string>()

/** The number of attempts at the lock file: others may come in between, but not for ever. */
const mostAttempts = 10

interface Owner {
  readonly processId: number
  /** The name under which it announced itself; empty where it did not. */
  readonly name: string
}

/**
 * Takes the directory for this process, also from one that died. The lock file says who has it: a process id, and the
 * name under which that process can be heard. It cannot see a broker on another machine that shares the directory over
 * the network, nor Apache Kafka, which locks the file in another way. Returns a function that gives the directory back.
 *
 * A full disk may have no room for the file. With `later`, which is handed the work of writing it, the directory is
 * taken without it then: others hear of it by a name that says so.
 */
export async function lockDirectory(
  files: Files,
  directory: string,
  presence: Presence = silence,
  later: ((write: () => void) => void) | null = null,
): Promise<() => void> {
  const path = `${directory}/${lockFile}`
  const unique = Buffer.from(newId(), 'base64url').toString('hex')
  const name = announcement(unique)
  const fallSilent = await presence.announce(directory, name)
  const mine = Buffer.from(`${process.pid}\n${fallSilent ? name : ''}\n${name}\n`)
  const aside = `${directory}/${name}.stale`
  let fallSilentToo: (() => void) | null = null
  try {
    for (let attempt = 1; !files.createExclusively(path, mine); attempt++) {
      await removeIfDead(files, directory, presence, aside, attempt === mostAttempts)
    }
    await mustHearNobody(files, directory, presence, '').catch(thrown => {
      files.remove(path)
      throw thrown
    })
  } catch (thrown) {
    try {
      if (!later || !isFull(thrown)) throw thrown
      const own = unlockedAnnouncement(unique)
      fallSilentToo = await presence.announce(directory, own)
      await mustBeFree(files, directory, presence, own)
      const dead = read(files, path)
      later(() => writeLater(files, path, mine, dead))
    } catch (reason) {
      fallSilentToo?.()
      fallSilent?.()
      throw reason
    }
  }
  held.add(path)
  return () => {
    held.delete(path)
    if (read(files, path)?.equals(mine)) files.remove(path)
    fallSilentToo?.()
    fallSilent?.()
  }
}

/** Throws where the lock file, or a name that can be heard, says that another has the directory. */
async function mustBeFree(files: Files, directory: string, presence: Presence, own: string): Promise<void> {
  const path = `${directory}/${lockFile}`
  const found = read(files, path)
  if (found && (await lives(ownerIn(found), path, directory, presence))) {
    throw lockedBy(directory, `the broker with process id ${ownerIn(found).processId}`)
  }
  await mustHearNobody(files, directory, presence, own)
}

/** Throws where another has the directory without a lock file. */
async function mustHearNobody(
  files: Files,
  directory: string,
  presence: Presence,
  own: string,
): Promise<void> {
  for (const name of files.list(directory)) {
    if (!isUnlockedAnnouncement(name) || name === own) continue
    const isHeard = await presence.isHeard(directory, name)
    if (isHeard) throw lockedBy(directory, 'another broker')
    if (isHeard === false && own === '') removeIfRoom(files, `${directory}/${name}`)
  }
}

function removeIfRoom(files: Files, path: string): void {
  try {
    files.remove(path)
  } catch (thrown) {
    if (!isFull(thrown)) throw thrown // the next start does
  }
}

/**
 * Writes the lock file later. `dead` is the content of a file whose process had died before the directory was taken.
 */
function writeLater(files: Files, path: string, mine: Buffer, dead: Buffer | null): void {
  const found = read(files, path)
  if (found?.equals(mine)) return
  if (found && dead?.equals(found)) files.remove(path)
  if (files.createExclusively(path, mine)) return
  throw new StorageFault('lost', path, 'another broker has taken the directory')
}

const lockedBy = (directory: string, owner: string): DataDirectoryLocked =>
  new DataDirectoryLocked(
    `The data directory ${directory} is in use by ${owner}: stop that one, or choose another data directory.`,
  )

/**
 * Removes the lock file of an owner that died. Of several brokers that find it only one can move the file aside; one
 * that has moved another's puts it back.
 */
async function removeIfDead(
  files: Files,
  directory: string,
  presence: Presence,
  aside: string,
  isLast: boolean,
): Promise<void> {
  const path = `${directory}/${lockFile}`
  const found = read(files, path)
  if (!found) return
  const owner = ownerIn(found)
  if (isLast || (await lives(owner, path, directory, presence))) {
    throw lockedBy(directory, `the broker with process id ${owner.processId}`)
  }
  if (!read(files, path)?.equals(found)) return
  files.rename(path, aside)
  if (!read(files, aside)?.equals(found)) return files.rename(aside, path)
  files.remove(aside)
  if (owner.name !== '') files.remove(`${directory}/${owner.name}`)
}

/** Reads a lock file; null where another was quicker to remove it, which may be between the two calls. */
function read(files: Files, path: string): Buffer | null {
  if (!files.exists(path)) return null
  try {
    return files.readFile(path)
  } catch (thrown) {
    if (files.exists(path)) throw thrown
    return null
  }
}

function ownerIn(content: Buffer): Owner {
  const [processId, name = ''] = content.toString().split('\n')
  return { processId: Number(processId), name }
}

async function lives(
  { processId, name }: Owner,
  path: string,
  directory: string,
  presence: Presence,
): Promise<boolean> {
  if (held.has(path)) return true
  const heard = name === '' ? null : await presence.isHeard(directory, name)
  return heard ?? (processId !== process.pid && isAlive(processId))
}

function isAlive(processId: number): boolean {
  if (!Number.isInteger(processId) || processId <= 0) return false
  try {
    process.kill(processId, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM' // of a signal, not of a file
  }
}
