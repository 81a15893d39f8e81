import { consumerLatencies } from './consumer.js'
import { inProcess } from './in-process.js'
import { restarts } from './restart.js'
import type { Row } from './row.js'

export const aloneRows: readonly Row[] = [...inProcess, ...consumerLatencies, ...restarts]

/** Prints the minimum, median and maximum of each measurement of Ottla alone. */
export async function printAlone(wanted: (name: string) => boolean): Promise<void> {
  const chosen = aloneRows.filter(row => wanted(row.name))
  if (chosen.length === 0) return
  console.log('| row | minimum | median | maximum | unit | target |\n|---|---|---|---|---|---|')
  for (const { name, unit, target, rounds, measure } of chosen) {
    const measured: number[] = []
    for (let i = 0; i < rounds; i++) measured.push(await measure())
    measured.sort((a, b) => a - b)
    const told = [measured[0], measured[Math.floor(rounds / 2)], measured.at(-1)]
    console.log(`| ${name} | ${told.map(n => n?.toFixed(1)).join(' | ')} | ${unit} | ${target} |`)
  }
}
