/**
 * Measures what a person waits for: `npm run bench -- [row...]`. Each row prints minimum, median and
 * maximum of its rounds; machines differ, so compare figures of one run only.
 */

import { consumerLatencies } from './consumer.js'
import { createInProcess } from './in-process.js'
import { idleMemory, startUp } from './process.js'

export interface Row {
  readonly name: string
  readonly unit: string
  readonly target: string
  readonly rounds: number
  measure(): Promise<number>
}

const rows: readonly Row[] = [startUp, createInProcess, idleMemory, ...consumerLatencies]

const wanted = process.argv.slice(2)
const chosen = wanted.length === 0 ? rows : rows.filter(row => wanted.includes(row.name))
if (chosen.length === 0) {
  console.error(`No such row. There are: ${rows.map(row => row.name).join(', ')}`)
  process.exit(2)
}

console.log('| row | minimum | median | maximum | unit | target |\n|---|---|---|---|---|---|')
for (const row of chosen) {
  const figures: number[] = []
  for (let i = 0; i < row.rounds; i++) figures.push(await row.measure())
  figures.sort((a, b) => a - b)
  const [least, median, most] = [figures[0], figures[Math.floor(figures.length / 2)], figures.at(-1)]
  console.log(
    `| ${row.name} | ${[least, median, most].map(n => n?.toFixed(1)).join(' | ')} | ${row.unit} | ${row.target} |`,
  )
}
process.exit(0)
