import type { Offset } from '../engine/log-engine.js'

/**
 * The digits of an offset in a file's name. All names that the log gives to files and folders stand in this file. They
 * are Kafka's where no comment says that they are Ottla's own.
 */
const digits = 20

export type SegmentFile = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot'

export const segmentName = (base: Offset, kind: SegmentFile): string =>
  `${base.toString().padStart(digits, '0')}.${kind}`

/** The base offset that a file's name tells, or null for a file of another kind. */
export function baseOffsetOf(name: string, kind: 'log' | 'index' | 'txnindex' | 'snapshot'): Offset | null {
  const match = name.match(/^(\d{20})\.(\w+)$/)
  return match && match[2] === kind ? BigInt(match[1] as string) : null
}

export const partitionFolder = (topic: string, partition: number): string => `${topic}-${partition}`

/** The name of a folder that waits for its removal. */
export const deletedFolder = (folder: string, unique: string): string => aside(folder, unique, 'delete')

/** The name of a folder of a topic that nobody knows: it is kept for people to look at, as Kafka keeps it. */
export const strayFolder = (folder: string, unique: string): string => aside(folder, unique, 'stray')

/** The name of a copy of a partition that is not complete yet (KIP-113). */
export const futureFolder = (folder: string, unique: string): string => aside(folder, unique, 'future')

/** Makes such a name. It cuts the topic's name, as Kafka does, to keep within 255 characters. */
function aside(folder: string, unique: string, why: 'delete' | 'stray' | 'future'): string {
  const partition = folder.lastIndexOf('-')
  const suffix = `${folder.slice(partition)}.${unique}-${why}`
  return `${folder.slice(0, Math.min(partition, 255 - suffix.length))}${suffix}`
}

export const isPartition = (folder: string): boolean => /^[a-zA-Z0-9._-]+-\d+$/.test(folder)
/** Tells whether nobody misses a folder: it was deleted, or its copying was cut off. */
export const isDoomed = (folder: string): boolean => /\.[0-9a-f]{32}-(delete|future)$/.test(folder)

/**
 * The endings of the files of two kinds of segments: one that compaction is writing, and one that it has written and
 * that is not yet in its place.
 */
export const cleanedSuffix = '.cleaned'
export const swapSuffix = '.swap'
/** The end of the name of the log of a segment that is gone; its bytes are removed slowly. */
export const deletedSuffix = '.deleted'

/** The folder of the cluster's metadata, which no topic can have. */
export const metadataFolder = '__cluster_metadata-0'
/** Tells whether a name belongs to a file that is not, or no longer, part of the log. */
export const isUnfinished = (name: string): boolean =>
  [swapSuffix, cleanedSuffix, deletedSuffix].some(suffix => name.endsWith(suffix))

export const partitionMetadata = 'partition.metadata'
export const leaderEpochCheckpoint = 'leader-epoch-checkpoint'
/** Ottla's own file; Kafka does not look at it. */
export const transactionChecksums = 'transaction-index-checksums'
/** Ottla's own file, in the first of several log.dirs: it names the others. */
/** The file that tells during which start of the machine a directory was used last. */
export const bootFile = '.boot'

export const knownDirectories = 'known-log-dirs-checkpoint'
export const recoveryPoints = 'recovery-point-offset-checkpoint'
export const logStartOffsets = 'log-start-offset-checkpoint'
export const cleanerOffsets = 'cleaner-offset-checkpoint'
export const cleanShutdown = '.kafka_cleanshutdown'
export const lockFile = '.lock'
/** The name under which the broker can be heard that has the directory. */
export const announcement = (unique: string): string => `.lock.${unique}`
/**
 * The name under which a broker can be heard that has the directory without a lock file, for which a full disk has no
 * room.
 */
export const unlockedAnnouncement = (unique: string): string => `.lock.${unique}.held`
export const isUnlockedAnnouncement = (name: string): boolean => /^\.lock\.[0-9a-f]+\.held$/.test(name)
