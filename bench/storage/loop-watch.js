import fs, { readFileSync } from 'node:fs'

/**
 * Loaded into a broker that is measured: how long its event loop turns take, in time and in the main thread's
 * own processor time, of which other programs on the machine take nothing; and how often it asks the disk to have
 * something. SIGUSR2 prints what was since the last.
 */
const everyMs = 1
let last = { atMs: performance.now(), cpuMs: cpuMs() }
let longest = { ms: 0, cpuMs: 0 }
let syncs = 0

const { fdatasync } = fs
fs.fdatasync = (descriptor, done) => {
  syncs += 1
  fdatasync(descriptor, done)
}

setInterval(() => {
  const now = { atMs: performance.now(), cpuMs: cpuMs() }
  longest.ms = Math.max(longest.ms, now.atMs - last.atMs - everyMs)
  longest.cpuMs = Math.max(longest.cpuMs, now.cpuMs - last.cpuMs)
  last = now
}, everyMs).unref()

process.on('SIGUSR2', () => {
  console.log(`loop ${JSON.stringify({ ...longest, syncs })}`)
  syncs = 0
  longest = { ms: 0, cpuMs: 0 }
})

/** Of the main thread so far (Linux). */
function cpuMs() {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
}
