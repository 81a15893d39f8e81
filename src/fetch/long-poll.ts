import type { Isolation, LogEngine, ReadRequest, ReadResult } from '../engine/log-engine.js'
import type { Clock, TimerKey } from '../time/clock.js'

export interface Wait {
  readonly isolation: Isolation
  readonly maxBytes: number
  /** Answer when so much is readable, */
  readonly minBytes: number
  /** or after so long, whatever there is. */
  readonly maxWaitMs: number
}

/** Who waits; one thing at a time. */
export interface Waiter {
  /** The same each time, for a timer that is armed again costs less than a new one. */
  readonly timer: TimerKey
  /** Called when the wait begins, with how to end it early; returns what is to be done when it is over. */
  park(hurry: () => void): () => void
}

/**
 * Reads; where that is too little, waits until more is there, until time is over, or until it is hurried, and reads
 * again. A partition that cannot be read ends the wait, and so does nothing to read.
 */
export async function longPoll(
  { log, clock }: { readonly log: LogEngine; readonly clock: Clock },
  requests: readonly ReadRequest[],
  wait: Wait,
  waiter: Waiter,
): Promise<ReadResult[]> {
  if (requests.length === 0 || wait.maxWaitMs <= 0) return log.read(requests, wait)

  let over = false
  let wake = () => {}
  let woken = false
  const changed = () => {
    woken = true
    wake()
  }
  const finish = () => {
    over = true
    changed()
  }
  const targets = requests.map(request => request.target)
  const unwatch = log.watch(targets, changed) // before the first read, so that nothing comes unseen
  let leave: (() => void) | null = null
  try {
    for (;;) {
      woken = false
      const results = await log.read(requests, wait)
      if (over || isEnough(results, wait.minBytes)) return results
      log.release(results)
      if (leave === null) {
        clock.after(wait.maxWaitMs, waiter.timer, finish)
        leave = waiter.park(finish)
      }
      if (!woken) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    }
  } finally {
    unwatch()
    if (leave !== null) {
      leave()
      clock.cancel(waiter.timer)
    }
  }
}

function isEnough(results: readonly ReadResult[], minBytes: number): boolean {
  let bytes = 0
  for (const result of results) {
    if (result.kind === 'failed') return true
    bytes += result.bytes
  }
  return bytes >= minBytes
}
