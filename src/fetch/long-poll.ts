import type { Isolation, LogEngine, Readable, ReadRequest, ReadResult } from '../engine/log-engine.js'
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
 * Reads; where there is too little, waits until more is there, until time is over, or until it is hurried. While it
 * waits for several bytes it counts them and reads nothing. A partition that cannot be read ends the wait, and so does nothing to read.
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
  const unwatch = log.watch(targets, changed) // before the first look, so that nothing comes unseen
  let leave: (() => void) | null = null
  try {
    for (;;) {
      woken = false
      const look =
        over || wait.minBytes <= 1
          ? 'now'
          : prospect(await log.readable(requests, wait.isolation), requests, wait)
      if (look !== 'later') {
        const results = await log.read(requests, wait)
        if (over || look === 'full' || isEnough(results, wait.minBytes)) return results
        log.release(results)
      }
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

/**
 * Whether it is worth to read: not as long as there are too few bytes, which is known without reading them (it may seem
 * enough somewhat too soon); and more than fits into the answer is as good as enough.
 */
function prospect(
  sizes: readonly Readable[],
  requests: readonly ReadRequest[],
  wait: Wait,
): 'later' | 'now' | 'full' {
  let bytes = 0
  let isFull = false
  for (const [i, size] of sizes.entries()) {
    if (size.kind === 'failed') return 'now'
    bytes += size.bytes
    if (size.bytes > 0 && size.bytes >= (requests[i] as ReadRequest).maxBytes) isFull = true
  }
  if (bytes < Math.min(wait.minBytes, wait.maxBytes)) return 'later'
  return isFull || bytes >= wait.maxBytes ? 'full' : 'now'
}

function isEnough(results: readonly ReadResult[], minBytes: number): boolean {
  let bytes = 0
  for (const result of results) {
    if (result.kind === 'failed') return true
    bytes += result.bytes
  }
  return bytes >= minBytes
}
