import { readFileSync } from 'node:fs'

/** How long turns of the event loop took at most, in time and in the main thread's own processor time. */
export interface LongestTurn {
  readonly ms: number
  readonly cpuMs: number
}

/** Watches each turn of the event loop while something is done. */
export async function longestTurnOf(act: () => Promise<void>): Promise<LongestTurn> {
  let isOver = false
  let ms = 0
  let cpuMs = 0
  let last = now()
  const look = () => {
    const next = now()
    ms = Math.max(ms, next.ms - last.ms)
    cpuMs = Math.max(cpuMs, next.cpuMs - last.cpuMs)
    last = next
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  await act()
  isOver = true
  look()
  return { ms, cpuMs }
}

const now = () => ({ ms: performance.now(), cpuMs: mainThreadMs() })

/** Of the main thread so far (Linux), which other programs on the machine do not lengthen. */
function mainThreadMs(): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
}
