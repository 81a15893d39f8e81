import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCodes } from '../../src/wire/errors.js'

/** Errors that src names and no scenario can provoke on one node, each with the reason. */
export const notProvoked: Readonly<Record<string, string>> = {
  COORDINATOR_NOT_AVAILABLE: 'a partition without a leader takes a node that is down',
  COORDINATOR_LOAD_IN_PROGRESS: 'is answered for moments only, while a coordinator starts',
  NOT_COORDINATOR: 'one node coordinates everything',
  NOT_ENOUGH_REPLICAS: 'one node has all the replicas that a topic can have',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'as before',
  REPLICA_NOT_AVAILABLE: 'one node has every replica',
  LEADER_NOT_AVAILABLE: 'a partition without a leader takes a node that is down',
  PREFERRED_LEADER_NOT_AVAILABLE: 'as before',
  ELIGIBLE_LEADERS_NOT_AVAILABLE: 'as before',
  REQUEST_TIMED_OUT: 'a write that takes too long takes a slow disk',
  KAFKA_STORAGE_ERROR: 'takes a disk that fails',
  INVALID_FETCH_SIZE: 'is only translated, from a journal that refuses a record as too large',
  REBOOTSTRAP_REQUIRED: 'is of a version of ApiVersions that Kafka 4.3 does not have',
}

const itself = 'errors.ts'

/** The names of all errors that the broker's code mentions, so that none is answered and never compared. */
export async function errorsNamedIn(folder: string): Promise<Set<string>> {
  const names = new Set<string>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts') || entry.name === itself) continue
    const source = await readFile(join(entry.parentPath, entry.name), 'utf8')
    for (const [, name = ''] of source.matchAll(/(?:'|errorCodes\.)([A-Z]+(?:_[A-Z]+)+)\b/g)) {
      if (name in errorCodes) names.add(name)
    }
  }
  return names
}
