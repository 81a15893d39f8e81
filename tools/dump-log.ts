/**
 * Prints in words the content of segments, their indexes and snapshots, and their faults, for people without Java:
 * `npm run dump-log -- [--wrong] <file or folder>...` With --wrong it prints the faults only.
 * Exit code 1: there is a fault, 2: a file could not be read.
 */
import { parseArgs } from 'node:util'
import { dump } from './dump-log/dump.js'

const { values, positionals } = asked()
process.stdout.on('error', () => process.exit()) // the reader has seen enough, as `head` does

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
