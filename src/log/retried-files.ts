import type { Files } from './files.js'
import type { Flights } from './flights.js'
import { oneAfterTheOther } from './one-after-the-other.js'
import { lacksDescriptor } from './storage-fault.js'

/**
 * Makes every call that fails for want of a descriptor once more, after `giveBack` has closed the files that are open
 * and not in use and says that this freed any. Where that was not enough a sync waits for the calls that are under way.
 * Slow removals go one after the other, for several threads that remove files keep all others waiting that write. The
 * order is of these files alone, so that a removal that hangs holds up no other broker of the process.
 */
export function retriedFiles(files: Files, giveBack: () => boolean, flights: Flights): Files {
  const { inMemory } = files
  if (inMemory) return files
  const retried = <T>(work: () => T): T => {
    try {
      return work()
    } catch (thrown) {
      if (!(lacksDescriptor(thrown) && giveBack())) throw thrown
      return work()
    }
  }
  const retriedLater = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (thrown) {
      if (!(lacksDescriptor(thrown) && giveBack())) throw thrown
      return work()
    }
  }
  const inTheEnd = async <T>(work: () => Promise<T>): Promise<T> => {
    for (;;) {
      let descriptor: Promise<void> | null = null
      flights.begin()
      try {
        return await retriedLater(work)
      } catch (thrown) {
        descriptor = flights.descriptorAfter(thrown)
        if (!descriptor) throw thrown
      } finally {
        flights.end(descriptor !== null)
      }
      await descriptor
    }
  }
  return {
    inMemory,
    boot: files.boot,
    open: path => retried(() => files.open(path)),
    exists: path => retried(() => files.exists(path)),
    list: folder => retried(() => files.list(folder)),
    makeFolder: path => retried(() => files.makeFolder(path)),
    size: path => retried(() => files.size(path)),
    readFile: path => retried(() => files.readFile(path)),
    writeFile: (path, content) => retried(() => files.writeFile(path, content)),
    writeFileDurably: (path, content) => retried(() => files.writeFileDurably(path, content)),
    createExclusively: (path, content) => retried(() => files.createExclusively(path, content)),
    rename: (from, to) => retried(() => files.rename(from, to)),
    remove: path => retried(() => files.remove(path)),
    removeSlowly: oneAfterTheOther((path: string) => retriedLater(() => files.removeSlowly(path))),
    syncFolder: path => inTheEnd(() => files.syncFolder(path)),
    syncFolderNow: path => retried(() => files.syncFolderNow(path)),
    usableBytes: folder => retried(() => files.usableBytes(folder)),
  }
}
