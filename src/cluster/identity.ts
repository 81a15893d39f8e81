import type { Files } from '../log/files.js'
import { newId } from '../wire/new-id.js'

const fileName = 'meta.properties'

/** What makes a data directory this cluster's: Kafka's `meta.properties` (version 1). */
export interface Identity {
  readonly clusterId: string
  readonly nodeId: number
  readonly directoryId: string
}

/** Kafka before 3.7 gave directories no ids. */
type Found = Omit<Identity, 'directoryId'> & { readonly directoryId: string | null }

/** A data directory that belongs to another node than the one that was configured. */
export class WrongNode extends Error {
  override readonly name = 'WrongNode'
  readonly code = 'OTTLA_WRONG_NODE'
}

/** Data directories of different clusters cannot be one broker's. */
export class WrongCluster extends Error {
  override readonly name = 'WrongCluster'
  readonly code = 'OTTLA_WRONG_CLUSTER'
}

/**
 * Reads the directories' identities and returns that of the first; a new directory is given one, and one of
 * an older Kafka an id of its own.
 */
export function identify(files: Files, directories: readonly string[], nodeId: number): Identity {
  const found = directories.map(directory => read(files, directory, nodeId))
  const [known] = found.filter(each => each !== null)
  const clusterId = known?.clusterId ?? newId()
  const all = directories.map((directory, i): Identity => {
    const mine = { clusterId, nodeId, ...found[i], directoryId: found[i]?.directoryId ?? newId() }
    if (mine.clusterId !== clusterId) {
      throw new WrongCluster(
        `${directory}/${fileName} names cluster ${mine.clusterId}, but another of the log.dirs belongs to cluster ${clusterId}: use directories of one cluster.`,
      )
    }
    if (mine.directoryId !== found[i]?.directoryId)
      files.writeFileDurably(`${directory}/${fileName}`, Buffer.from(format(mine)))
    return mine
  })
  return all[0] as Identity
}

function read(files: Files, directory: string, nodeId: number): Found | null {
  const path = `${directory}/${fileName}`
  const found = files.exists(path) ? parse(files.readFile(path).toString('utf8')) : null
  if (found && found.nodeId !== nodeId) {
    throw new WrongNode(
      `${path} says that this directory belongs to node ${found.nodeId}, but node.id is ${nodeId}: set node.id=${found.nodeId} or use another directory.`,
    )
  }
  return found
}

function parse(text: string): Found | null {
  const values = new Map(
    text
      .split('\n')
      .filter(line => line.includes('=') && !line.startsWith('#'))
      .map(line => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1).trim()]),
  )
  const clusterId = values.get('cluster.id')
  if (!clusterId) return null
  return {
    clusterId,
    nodeId: Number(values.get('node.id') ?? values.get('broker.id') ?? 0),
    directoryId: values.get('directory.id') ?? null,
  }
}

const format = ({ clusterId, nodeId, directoryId }: Identity): string =>
  `cluster.id=${clusterId}\ndirectory.id=${directoryId}\nnode.id=${nodeId}\nversion=1\n`
