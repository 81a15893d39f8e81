/**
 * Measures Ottla beside Apache Kafka, and what a person waits for: `npm run bench -- [row...]`, rows by name,
 * `produce*` for all that begin so. `--quick` compares a few of them with what was recorded on this machine,
 * `--record` records, `--rounds N` and `--share F` (of the work) make a run shorter or longer.
 */

import { parseArgs } from 'node:util'
import { printAlone } from './alone.js'
import { compare, record } from './recorded.js'
import { isMet, type Ratios, ratiosOf } from './versus/ratios.js'
import { figures } from './versus/row.js'
import { versusRows } from './versus/rows.js'
import { versus } from './versus/versus.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    share: { type: 'string' },
  },
})
const { quick } = values
const rounds = Number(values.rounds ?? (quick ? 2 : 5))
const share = Number(values.share ?? (quick ? 0.4 : 1))

const wanted = (name: string): boolean =>
  positionals.length === 0 ||
  positionals.some(each => (each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : name === each))
const rows = versusRows.filter(row => wanted(row.name) && (!quick || row.quick === true))
const startedAtMs = performance.now()
const seconds = (): string => `${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`.padStart(6)

if (!quick) await printAlone(wanted)
const all: Ratios[] = []
if (rows.length > 0) {
  console.log('\n| row | figure | Ottla | Kafka | ratio | least | most | target | |')
  console.log('|---|---|---|---|---|---|---|---|---|')
  await versus(rows, {
    rounds,
    share,
    progress: said => console.error(`${seconds()}  ${said}`),
    done: measured => {
      const ratios = ratiosOf(measured)
      all.push(...ratios)
      for (const each of ratios) console.log(line(each))
    },
  })
}
if (quick) process.exitCode = compare(all) ? 0 : 1
if (values.record) record(all)
console.error(`${seconds()}  done`)

function line(ratios: Ratios): string {
  const { row, figure, ottla, kafka, median, least, most, target } = ratios
  const { unit, better } = figures[figure]
  const goal = target === null ? '' : `${better === 'more' ? 'at least' : 'at most'} ${target}`
  const cells = [row, unit, short(ottla), short(kafka), ...[median, least, most].map(n => n.toFixed(2)), goal]
  return `| ${cells.join(' | ')} | ${target === null ? '' : isMet(ratios) ? 'met' : 'missed'} |`
}

function short(n: number): string {
  if (n >= 1000) return Math.round(n).toLocaleString('en')
  return n.toPrecision(3)
}
