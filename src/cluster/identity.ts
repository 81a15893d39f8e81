import * as names from '../log/file-names.js'
import type { Files } from '../log/files.js'
import { StorageFault } from '../log/storage-fault.js'
import { randomIds } from '../random/ids.js'
import type { Logger } from '../telemetry/logger.js'
import { DamagedMetadata } from './damaged-metadata.js'
import {
  areSameDirectories,
  type KnownDirectory,
  knownDirectoriesIn,
  readKnownDirectories,
  writeKnownDirectories,
} from './known-directories.js'

const fileName = 'meta.properties'

/** The content of Kafka's `meta.properties` (version 1): it makes a data directory this cluster's. */
export interface Identity {
  readonly clusterId: string
  readonly nodeId: number
  readonly directoryId: string
}

/** The directory's id may be absent: Kafka before 3.7 gave directories none. */
type Found = Omit<Identity, 'directoryId'> & { readonly directoryId: string | null }

/** A data directory belongs to another node than the one that was configured. */
export class WrongNode extends Error {
  override readonly name = 'WrongNode'
  readonly code = 'OTTLA_WRONG_NODE'
}

/** The data directories belong to different clusters, so they cannot be one broker's. */
export class WrongCluster extends Error {
  override readonly name = 'WrongCluster'
  readonly code = 'OTTLA_WRONG_CLUSTER'
}

export interface Asked {
  readonly nodeId: number
  readonly logger: Pick<Logger, 'warn'>
  readonly newId?: () => string
  /** Writes the id of a directory that had none, or, where the disk is full, before anything else is written there. */
  readonly orLater?: (directory: string, about: string, work: () => void) => void
  /** Takes a directory offline whose disk fails; without this function such a disk ends the start. */
  readonly failed?: (thrown: StorageFault) => void
  /** All of the log.dirs, also those that are offline already. */
  readonly configured?: readonly string[]
  /** Hears of a directory that there was and that is not found: partitions that lie nowhere may lie in it. */
  readonly missing?: (path: string) => void
}

/**
 * Reads the directories' identities and returns that of the first; a new directory is given one, and one of an older
 * Kafka an id of its own. A directory that has partitions and cannot tell whose they are ends the start with
 * DamagedMetadata, and so does a metadata journal that lies in another place than the first directory.
 */
export function identify(files: Files, given: readonly string[], asked: Asked): Identity {
  const { nodeId, logger, newId = randomIds.newId, orLater = (_directory, _about, work) => work() } = asked
  const readables = readable(files, given, asked)
  mustHaveTheJournalFirst(files, readables)
  const placed = readables.map(path => ({ path, found: read(files, path, nodeId, logger) }))
  const missing = missingOf(files, placed, asked)
  const present = placed.filter(({ path }) => !missing.some(each => each.path === path))
  const directories = present.map(({ path }) => path)
  const found = present.map(each => each.found)
  const [known] = found.filter(each => each !== null)
  const clusterId = known?.clusterId ?? newId()
  const all = directories.map((directory, i): Identity => {
    const mine = { clusterId, nodeId, ...found[i], directoryId: found[i]?.directoryId ?? newId() }
    if (mine.clusterId !== clusterId) {
      throw new WrongCluster(
        `${directory}/${fileName} names cluster ${mine.clusterId}, but another of the log.dirs belongs to cluster ${clusterId}: use directories of one cluster.`,
      )
    }
    return mine
  })
  const unmade = new Set<string>()
  for (const [i, mine] of all.entries()) {
    if (mine.directoryId === found[i]?.directoryId) continue
    const directory = directories[i] as string
    const write = () => files.writeFileDurably(`${directory}/${fileName}`, Buffer.from(format(mine)))
    const isMade = works(i === 0 ? undefined : asked.failed, () => {
      if (found[i]) orLater(directory, fileName, write)
      else write()
    })
    if (!isMade && !found[i]) unmade.add(directory) // an empty one is in its place after a power failure
  }
  const others = all
    .map(({ directoryId }, i) => ({ id: directoryId, path: directories[i] as string }))
    .filter(({ path }, i) => i > 0 && !unmade.has(path))
  keepKnown(files, given[0] as string, [...others, ...missing], asked)
  return all[0] as Identity
}

interface Placed {
  readonly path: string
  readonly found: Found | null
}

/**
 * Finds the directories that there were and are not. One that is empty now goes offline. One that is not among the
 * log.dirs any more is warned of. One that is offline in any case is known by its path. Where another directory took
 * the place of one, it is not missing.
 */
function missingOf(files: Files, placed: readonly Placed[], asked: Asked): readonly KnownDirectory[] {
  const [first, ...others] = placed
  if (!first) return []
  const { logger, failed, missing: tell } = asked
  const file = knownDirectoriesIn(first.path)
  const isFound = ({ id, path }: KnownDirectory) =>
    placed.some(({ found }) => found?.directoryId === id) ||
    others.some(each => each.path === path && each.found !== null)
  const missing = readKnownDirectories(files, first.path, logger).filter(known => !isFound(known))
  const way = `; to go on without what was in it, remove ${file}`
  for (const { path } of missing) {
    const isEmpty = others.some(each => each.path === path)
    if (!isEmpty && asked.configured?.includes(path)) continue // its disk fails, and its partitions may be known all the same
    tell?.(path)
    if (!isEmpty) {
      logger.warn(
        `${path} is none of the log.dirs any more. Partitions that are in none of them are refused, for they may lie there${way}.`,
      )
      continue
    }
    const fault = new StorageFault('lost', path, `it is empty, as where a disk is not mounted${way}`)
    if (!failed) throw fault
    failed(fault)
  }
  return missing
}

function keepKnown(files: Files, first: string, known: readonly KnownDirectory[], asked: Asked): void {
  if (areSameDirectories(readKnownDirectories(files, first, { warn() {} }), known)) return
  const { orLater = (_directory, _about, work) => work() } = asked
  orLater(first, names.knownDirectories, () => writeKnownDirectories(files, first, known))
}

/**
 * The directories that can be read: the first one, in which the journal lies, and those of the others whose disk works.
 */
function readable(files: Files, directories: readonly string[], { failed }: Asked): readonly string[] {
  return directories.filter((directory, i) =>
    works(i === 0 ? undefined : failed, () => {
      files.list(directory)
      if (files.exists(`${directory}/${fileName}`)) files.readFile(`${directory}/${fileName}`)
    }),
  )
}

/** Tells whether the work succeeded where a disk may fail; without a `failed` that hears of it, the fault is thrown. */
function works(failed: Asked['failed'], work: () => void): boolean {
  try {
    work()
    return true
  } catch (thrown) {
    if (!failed || !(thrown instanceof StorageFault) || thrown.kind !== 'lost') throw thrown
    failed(thrown)
    return false
  }
}

/** Refuses a journal in another directory than the first, which would be passed over in silence, as Kafka would. */
function mustHaveTheJournalFirst(files: Files, [first, ...others]: readonly string[]): void {
  const astray = others.find(directory => files.list(directory).includes(names.metadataFolder))
  if (astray === undefined) return
  throw new DamagedMetadata(
    `The metadata journal is looked for in ${first}, the first of the log.dirs, but ${astray} has one.`,
    'Name that directory first.',
  )
}

function read(files: Files, directory: string, nodeId: number, logger: Asked['logger']): Found | null {
  const path = `${directory}/${fileName}`
  const exists = files.exists(path)
  const found = exists ? parse(files.readFile(path).toString('utf8')) : null
  if (found === null) {
    const stored = files.list(directory).find(names.isPartition)
    const what = exists ? `${path} is damaged` : `There is no ${path}`
    if (stored !== undefined) {
      throw new DamagedMetadata(
        `${what}, but the directory holds partitions, as ${stored}. It has four lines: cluster.id=, directory.id=, node.id=${nodeId} and version=1.`,
      )
    }
    if (exists) logger.warn(`${what}, and written anew: nothing is stored in the directory.`)
    return null
  }
  if (found.nodeId !== nodeId) {
    throw new WrongNode(
      `${path} says that this directory belongs to node ${found.nodeId}, but node.id is ${nodeId}: set node.id=${found.nodeId} or use another directory.`,
    )
  }
  return found
}

/** Reads `meta.properties`; null where the text does not tell which cluster and node a directory belongs to. */
function parse(text: string): Found | null {
  const values = new Map(
    text
      .split('\n')
      .filter(line => line.includes('=') && !line.startsWith('#'))
      .map(line => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1).trim()]),
  )
  const clusterId = values.get('cluster.id') ?? ''
  const nodeId = values.get('node.id') ?? values.get('broker.id') ?? ''
  const directoryId = values.get('directory.id') ?? null
  const isWhole =
    /^[\w.-]+$/.test(clusterId) && /^\d+$/.test(nodeId) && /^[01]$/.test(values.get('version') ?? '')
  if (!isWhole || (directoryId !== null && !/^[\w-]{22}$/.test(directoryId))) return null
  return { clusterId, nodeId: Number(nodeId), directoryId }
}

const format = ({ clusterId, nodeId, directoryId }: Identity): string =>
  `cluster.id=${clusterId}\ndirectory.id=${directoryId}\nnode.id=${nodeId}\nversion=1\n`
