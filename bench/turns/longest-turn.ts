import { readFileSync } from 'node:fs'

/** The longest turn of the event loop, by the clock and by the main thread's own processor time. */
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

/** The main thread's processor time so far (Linux), which other programs on the machine do not lengthen. */
function mainThreadMs(): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
}
