/**
 * Tells in words what segments, their indexes and snapshots hold, and what is wrong with them, for people
 * without Java: npm run dump-log -- [--wrong] <file or folder>... With --wrong only what is wrong is told.
 * Exit code 1: something is wrong, 2: it could not be read.
 */
import { parseArgs } from 'node:util'
import { dump } from './dump-log/dump.js'

const { values, positionals } = asked()
process.stdout.on('error', () => process.exit()) // who reads has seen enough, as `head` does

let complaints = 0
let file = ''
try {
  for await (const { text, isComplaint } of dump(positionals)) {
    if (isComplaint) complaints += 1
    if (!text.startsWith(' ')) file = text
    if (!values.wrong) console.log(text)
    else if (isComplaint) console.log(`${file}: ${text.trim()}`)
  }
} catch (thrown) {
  console.error((thrown as Error).message)
  process.exit(2)
}
const verb = complaints === 1 ? 'thing is' : 'things are'
console.log(complaints === 0 ? 'nothing is wrong' : `${complaints} ${verb} wrong`)
process.exitCode = complaints === 0 ? 0 : 1

function asked() {
  try {
    const asked = parseArgs({ allowPositionals: true, options: { wrong: { type: 'boolean' } } })
    if (asked.positionals.length > 0) return asked
  } catch {} // an option that there is not
  console.error('usage: npm run dump-log -- [--wrong] <file or folder of a partition, or data directory>...')
  process.exit(2)
}
