import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { Turns } from '../time/turns.js'
import type { PartitionLog } from './partition-log.js'

/** As many as keep the threads busy that sync files. */
const closedAtOnce = 8
/** How often it is said how far a stop is. */
const progressMs = 3000

interface Surroundings {
  /** Of the data directory. */
  readonly path: string
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Closes all logs of a data directory, several at a time, for each waits for the disk; those that have nothing to wait
 * for are closed in turns. Rejects with the first failure once all that could be closed are.
 */
export async function closeLogs(
  all: ReadonlyMap<string, PartitionLog>,
  { path, clock, logger }: Surroundings,
): Promise<void> {
  let closed = 0
  const timer = `log/close/${path}`
  const tellLater = () =>
    clock.after(progressMs, timer, () => {
      logger.info(`${path}: ${closed} of ${all.size} partitions are closed.`)
      tellLater()
    })
  tellLater()
  const rest = all.values()
  const closeRest = async () => {
    const turns = new Turns()
    for (const log of rest) {
      await log.close()
      closed += 1
      const pause = turns.pause()
      if (pause) await pause
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: closedAtOnce }, closeRest))
  clock.cancel(timer)
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
