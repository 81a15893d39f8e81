import type { Isolation, LogEngine, Readable, ReadRequest, ReadResult } from '../engine/log-engine.js'
import { noRoom, type ReplyBudget, type Taker } from '../memory/reply-budget.js'
import type { Clock, TimerKey } from '../time/clock.js'
import { inTurns, Turns } from '../time/turns.js'

export interface Wait {
  readonly isolation: Isolation
  readonly maxBytes: number
  /** The wait ends when so many bytes are readable. */
  readonly minBytes: number
  /** The wait ends after so long, whatever there is. */
  readonly maxWaitMs: number
}

/** The waiting client; it waits for one thing at a time. */
export interface Waiter {
  /** The key is the same each time: a timer that is armed again costs less than a new one. */
  readonly timer: TimerKey & Taker
  /** Called when the wait begins, with a function that ends it early. Returns the function to call when it is over. */
  park(hurry: () => void): () => void
}

interface Surroundings {
  readonly log: LogEngine
  readonly clock: Clock
  readonly replyMemory: Pick<ReplyBudget, 'reserve' | 'give' | 'wait' | 'leave'>
}

/**
 * Reads; where there is too little, waits until more is there, until time is over, or until it is hurried. While it
 * waits for several bytes it counts them and reads nothing. A partition that cannot be read ends the wait, and so does
 * an empty list of partitions. No more is read than there is memory for; the bytes returned count there until they are
 * given back. When nothing is free the read waits for its turn; hurried, or when that takes too long, it gives no
 * records.
 */
export async function longPoll(
  { log, clock, replyMemory }: Surroundings,
  requests: readonly ReadRequest[],
  wait: Wait,
  waiter: Waiter,
): Promise<ReadResult[]> {
  let over = requests.length === 0 || wait.maxWaitMs <= 0
  let hurried = false
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
  const hurry = () => {
    hurried = true
    replyMemory.leave(waiter.timer)
    finish()
  }
  const isLong = requests.length > watchedAtOnce
  // It watches before the first look, so that nothing comes unseen.
  const unwatch = over || isLong ? null : log.watch(targetsOf(requests), changed)
  const watches = !over && isLong ? await watchedInTurns(log, requests, changed) : null
  let leave: (() => void) | null = null
  let timed = false
  let heldBytes = 0
  try {
    for (;;) {
      woken = false
      const look =
        over || wait.minBytes <= 1
          ? 'now'
          : prospect(await log.readable(requests, wait.isolation), requests, wait)
      if (look !== 'later') {
        let mostBytes = replyMemory.reserve(waiter.timer, wait.maxBytes)
        if (mostBytes === noRoom) {
          leave ??= waiter.park(hurry)
          if (!hurried) mostBytes = await replyMemory.wait(waiter.timer, wait.maxBytes)
          if (mostBytes === noRoom) return withoutRecords(requests, wait, log)
        }
        heldBytes = mostBytes
        const isCut = mostBytes < wait.maxBytes
        const results = await log.read(requests, isCut ? { ...wait, maxBytes: mostBytes } : wait)
        heldBytes = heldBy(results)
        replyMemory.give(waiter.timer, mostBytes - heldBytes)
        // A read that was cut short for lack of memory does not wait for bytes that it cannot get.
        const minBytes = isCut ? Math.min(wait.minBytes, 1) : wait.minBytes
        if (over || look === 'full' || isEnough(results, minBytes)) return results
        log.release(results)
        replyMemory.give(waiter.timer, heldBytes)
        heldBytes = 0
      }
      if (!timed) clock.after(wait.maxWaitMs, waiter.timer, finish)
      timed = true
      leave ??= waiter.park(hurry)
      if (!woken) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    }
  } catch (thrown) {
    replyMemory.give(waiter.timer, heldBytes)
    throw thrown
  } finally {
    unwatch?.()
    leave?.()
    if (timed) clock.cancel(waiter.timer)
    if (watches) await inTurns(watches, end => end())
  }
}

/** So many partitions are watched at once. */
const watchedAtOnce = 1000

const targetsOf = (requests: readonly ReadRequest[]) => requests.map(({ target }) => target)

/** Watches very many partitions. Returns functions that stop it, part by part. */
async function watchedInTurns(
  log: LogEngine,
  requests: readonly ReadRequest[],
  changed: () => void,
): Promise<(() => void)[]> {
  const watches: (() => void)[] = []
  const turns = new Turns()
  for (let from = 0; from < requests.length; from += watchedAtOnce) {
    watches.push(log.watch(targetsOf(requests.slice(from, from + watchedAtOnce)), changed))
    const pause = turns.pause()
    if (pause) await pause
  }
  return watches
}

/**
 * Returns the bytes that the results of a read hold in memory, which is more than their length where they are views.
 */
export function heldBy(results: readonly ReadResult[]): number {
  let bytes = 0
  for (const result of results) {
    if (result.kind === 'read') for (const batch of result.batches) bytes += batch.buffer.byteLength
  }
  return bytes
}

async function withoutRecords(
  requests: readonly ReadRequest[],
  { isolation }: Wait,
  log: LogEngine,
): Promise<ReadResult[]> {
  const abortedTransactions = isolation === 'read_committed' ? [] : null
  const sizes = await log.readable(requests, isolation)
  return sizes.map(size =>
    size.kind === 'failed' ? size : { ...size, kind: 'read', batches: [], bytes: 0, abortedTransactions },
  )
}

/**
 * Tells whether it is worth reading. It is not as long as there are too few bytes, which is known without reading them
 * (they may seem enough somewhat too soon). More than fits into the answer is as good as enough.
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
