import { dirname } from 'node:path/posix'
import type { Offset } from '../engine/log-engine.js'
import type { Logger } from '../telemetry/logger.js'
import type { Files } from './files.js'

/** The flaw of a checkpoint that is not there or is empty; Kafka leaves it empty until there is something to tell. */
export const isMissing = 'is missing'

/** The entries of a checkpoint file, and the reason why they are not all that it once held; null where they are. */
export interface Checkpoint<Entry> {
  readonly entries: readonly Entry[]
  readonly flaw: string | null
}

/**
 * Reads one of Kafka's checkpoint files: a version (0), a count, then a line per entry, words between spaces. A line of
 * which `entryOf` makes nothing is left out, and the others count: one that is damaged does not take the rest.
 */
export function readCheckpoint<Entry>(
  files: Files,
  path: string,
  entryOf: (words: readonly string[]) => Entry | null,
): Checkpoint<Entry> {
  if (files.size(path) === 0) return { entries: [], flaw: isMissing }
  const [version, count, ...rest] = files.readFile(path).toString('utf8').split('\n')
  const lines = rest.slice(0, -1) // each ends with a line break
  const entries = lines.map(line => entryOf(line.split(' '))).filter(entry => entry !== null)
  if (version !== '0') return { entries, flaw: 'is damaged: it does not begin with version 0' }
  if (rest.at(-1) !== '') return { entries, flaw: 'is damaged: its last line is cut off' }
  if (entries.length < lines.length)
    return { entries, flaw: `is damaged: ${lines.length - entries.length} of its lines say nothing` }
  if (count !== String(lines.length))
    return { entries, flaw: `is damaged: it has ${lines.length} entries instead of ${count}` }
  return { entries, flaw: null }
}

export function checkpoint(lines: readonly (readonly unknown[])[]): Buffer {
  const text = ['0', String(lines.length), ...lines.map(words => words.join(' '))].join('\n')
  return Buffer.from(`${text}\n`)
}

const largestOffset = 2n ** 63n - 1n

/** The offset that a word tells; null for any other word. */
export function offsetIn(word: string | undefined): Offset | null {
  if (word === undefined || !/^\d{1,19}$/.test(word)) return null
  const offset = BigInt(word)
  return offset <= largestOffset ? offset : null
}

/**
 * Reads offsets by partition folder, as the checkpoints of a whole data directory hold them. One that is damaged counts
 * as far as it can be read; `otherwise` says what becomes of the partitions that are not in it.
 */
export function readOffsets(
  files: Files,
  path: string,
  logger: Logger,
  otherwise: string,
): Map<string, Offset> {
  const { entries, flaw } = readCheckpoint(files, path, folderOffset)
  if (flaw !== null && flaw !== isMissing) {
    logger.warn(`${path} ${flaw}. The ${entries.length} that can be read count; ${otherwise}.`)
  }
  return new Map(entries)
}

function folderOffset([topic, partition, word, ...more]: readonly string[]): [string, Offset] | null {
  const offset = offsetIn(word)
  const isFolder = /^[a-zA-Z0-9._-]+$/.test(topic ?? '') && /^\d+$/.test(partition ?? '')
  return isFolder && offset !== null && more.length === 0 ? [`${topic}-${partition}`, offset] : null
}

export function writeOffsets(files: Files, path: string, offsets: ReadonlyMap<string, Offset>): void {
  files.writeFileDurably(path, offsetLines(offsets))
}

/**
 * Writes the offsets while everything else goes on; it may be called again only when it is done. Nothing is written
 * where `isOutdated` says at the end that it would be wrong by then.
 */
export async function writeOffsetsInBackground(
  files: Files,
  path: string,
  offsets: ReadonlyMap<string, Offset>,
  isOutdated: () => boolean,
): Promise<void> {
  const unfinished = `${path}.new`
  files.remove(unfinished)
  const file = files.open(unfinished)
  try {
    file.append([offsetLines(offsets)])
    await file.sync()
  } finally {
    file.close()
  }
  if (isOutdated()) return
  files.rename(unfinished, path)
  await files.syncFolder(dirname(path))
}

function offsetLines(offsets: ReadonlyMap<string, Offset>): Buffer {
  const lines = [...offsets].map(([folder, offset]) => {
    const at = folder.lastIndexOf('-')
    return [folder.slice(0, at), folder.slice(at + 1), offset]
  })
  return checkpoint(lines)
}
