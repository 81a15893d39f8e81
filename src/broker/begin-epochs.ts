import { journalId } from '../cluster/metadata-journal.js'
import type { Assembled } from './assemble.js'

const name = 'The beginning of the epochs of this start'

/**
 * Begins a new epoch of the metadata journal and of each partition. A start on a full disk has no room for them, and
 * the broker comes up all the same, for clients that read. Nothing is appended before the epochs are kept: the
 * background tries it again, and so does everything that would be appended.
 */
export async function beginEpochs({
  cluster,
  metadata,
  log,
  background,
  logger,
  directories,
}: Assembled): Promise<void> {
  let running: Promise<void> | null = null
  const begin = (): Promise<void> => {
    running ??= metadata
      .begin()
      .then(() => cluster.begin(metadata))
      .finally(() => {
        running = null
      })
    return running
  }
  try {
    await begin()
  } catch (thrown) {
    if (!(await metadata.lacksRoom(thrown))) throw thrown
    logger.warn(
      `The disk of ${directories.join(' or ')} is full: what is there can be read, and nothing is written before there is room.`,
    )
    let isDone = false
    const once = async () => {
      if (!isDone) await begin()
      isDone = true
    }
    log.appendAfter(once, journalId)
    background.run(name, once)
  }
}
