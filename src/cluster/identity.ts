import type { Files } from '../log/files.js'
import { newId } from '../wire/new-id.js'

const fileName = 'meta.properties'

/** What makes a data directory this cluster's: Kafka's `meta.properties` (version 1). */
export interface Identity {
  readonly clusterId: string
  readonly nodeId: number
  readonly directoryId: string
}

/** A data directory that belongs to another node than the one that was configured. */
export class WrongNode extends Error {
  override readonly name = 'WrongNode'
}

/** Reads the directory's identity, or gives a new directory one. */
export function identify(files: Files, directory: string, nodeId: number): Identity {
  const path = `${directory}/${fileName}`
  const found = files.exists(path) ? parse(files.readFile(path).toString('utf8')) : null
  if (found) {
    if (found.nodeId !== nodeId) {
      throw new WrongNode(
        `${path} says that this directory belongs to node ${found.nodeId}, but node.id is ${nodeId}: set node.id=${found.nodeId} or use another directory.`,
      )
    }
    return found
  }
  const identity = { clusterId: newId(), nodeId, directoryId: newId() }
  files.writeFileDurably(path, Buffer.from(format(identity)))
  return identity
}

function parse(text: string): Identity | null {
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
    directoryId: values.get('directory.id') ?? newId(),
  }
}

const format = ({ clusterId, nodeId, directoryId }: Identity): string =>
  `cluster.id=${clusterId}\ndirectory.id=${directoryId}\nnode.id=${nodeId}\nversion=1\n`
