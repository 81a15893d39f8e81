import { checkpoint, isMissing, readCheckpoint } from '../log/checkpoints.js'
import * as names from '../log/file-names.js'
import type { Files } from '../log/files.js'
import { crc32c } from '../records/crc32c.js'
import type { Logger } from '../telemetry/logger.js'

/** One of the log.dirs, with the id that its `meta.properties` tells. */
export interface KnownDirectory {
  readonly id: string
  readonly path: string
}

export const knownDirectoriesIn = (directory: string): string => `${directory}/${names.knownDirectories}`

/**
 * Reads which of the log.dirs there were at the last start. The list lies in the first of them. A disk that is not
 * mounted looks like an empty directory: without the list its partitions would begin anew in silence.
 *
 * The file is a checkpoint as Kafka's are, with a line for each directory: its id, its path and a checksum of both.
 */
export function readKnownDirectories(
  files: Files,
  first: string,
  logger: Pick<Logger, 'warn'>,
): readonly KnownDirectory[] {
  const path = knownDirectoriesIn(first)
  const { entries, flaw } = readCheckpoint(files, path, directoryIn)
  if (flaw !== null && flaw !== isMissing) {
    logger.warn(`${path} ${flaw}. The ${entries.length} directories that can be read count.`)
  }
  return entries
}

export function writeKnownDirectories(files: Files, first: string, known: readonly KnownDirectory[]): void {
  files.writeFileDurably(knownDirectoriesIn(first), checkpoint(known.map(lineOf)))
}

export const areSameDirectories = (
  some: readonly KnownDirectory[],
  others: readonly KnownDirectory[],
): boolean => String(some.map(lineOf)) === String(others.map(lineOf))

function directoryIn(words: readonly string[]): KnownDirectory | null {
  const [id = '', word = ''] = words
  try {
    const known = { id, path: decodeURIComponent(word) }
    return String(lineOf(known)) === String(words) ? known : null
  } catch {
    return null // not what encodeURIComponent writes
  }
}

function lineOf({ id, path }: KnownDirectory): readonly string[] {
  const words = [id, encodeURIComponent(path)]
  return [...words, crc32c(Buffer.from(words.join(' '))).toString(16)]
}
