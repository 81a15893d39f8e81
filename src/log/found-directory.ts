import type { Offset } from '../engine/log-engine.js'
import type { Logger } from '../telemetry/logger.js'
import { readOffsets } from './checkpoints.js'
import * as names from './file-names.js'
import type { Files } from './files.js'
import { StorageFault } from './storage-fault.js'

/** The things that a start finds in a data directory. Offsets are by the names of partitions' folders. */
export interface FoundDirectory {
  /** True where the broker before stopped cleanly, so that files can be trusted. */
  readonly clean: boolean
  /**
   * True where the machine may have been started anew since the directory was used last: what was not synced then may be
   * lost.
   */
  readonly mayHaveLost: boolean
  /** True where the folders below are all that there are; a disk that fails may not tell. */
  readonly isComplete: boolean
  /** The names of the folders of partitions. */
  readonly folders: readonly string[]
  /** The names of folders that nobody misses. */
  readonly doomed: readonly string[]
  readonly logStarts: Map<string, Offset>
  readonly recoveryPoints: Map<string, Offset>
  /** The offsets up to which compaction has come. */
  readonly cleanUpTo: Map<string, Offset>
}

/** Reads the files that lie beside the partitions of a directory. */
export function lookThrough(files: Files, path: string, logger: Logger): FoundDirectory {
  const offsets = (name: string, otherwise: string) =>
    readOffsets(files, `${path}/${name}`, logger, `any other partition ${otherwise}`)
  const found = files.list(path)
  return {
    clean: found.includes(names.cleanShutdown),
    mayHaveLost: files.boot === null || bootIn(files, path) !== files.boot,
    isComplete: true,
    folders: found.filter(names.isPartition),
    doomed: found.filter(names.isDoomed),
    logStarts: offsets(
      names.logStartOffsets,
      'begins with its first segment, where records that were deleted may be read again',
    ),
    recoveryPoints: offsets(names.recoveryPoints, 'is checked from its beginning after a crash'),
    cleanUpTo: offsets(names.cleanerOffsets, 'is compacted from its beginning'),
  }
}

/** Reads what it can of a directory whose disk fails: its partitions, unless the disk refuses that too. */
export function lookAtFailing(files: Files, path: string): FoundDirectory {
  const nothing = { doomed: [], logStarts: new Map(), recoveryPoints: new Map(), cleanUpTo: new Map() }
  try {
    const folders = files.list(path).filter(names.isPartition)
    return { ...nothing, clean: false, mayHaveLost: true, isComplete: files.exists(path), folders }
  } catch (thrown) {
    if (!(thrown instanceof StorageFault)) throw thrown
    return { ...nothing, clean: false, mayHaveLost: true, isComplete: false, folders: [] }
  }
}

/** The start of the machine during which the directory was used last, as its file tells; null where it does not. */
function bootIn(files: Files, directory: string): string | null {
  const path = `${directory}/${names.bootFile}`
  return files.exists(path) ? files.readFile(path).toString('latin1') : null
}
