/**
 * Measures Ottla beside Apache Kafka, and what a person waits for: `npm run bench -- [row...]`, rows by name,
 * `produce*` for all that begin so. `--quick` compares a few of them with the quick run that was recorded on this
 * machine, `--record` records, `--recorded` prints what is recorded of rows with a target, `--rounds N` and `--share F`
 * (of the work) make a run shorter or longer. With `--peer kfake` it is Ottla with `--memory` beside kfake, with
 * `--peer node` Ottla beside the least that a program on Node does.
 */

import { parseArgs } from 'node:util'
import { aloneRows, printAlone } from './alone.js'
import { allRecorded, compare, record } from './recorded.js'
import { type Peer, peers } from './versus/broker.js'
import { hasGoal, type Ratios, ratiosOf } from './versus/ratios.js'
import { versusRows } from './versus/rows.js'
import { tableHead, tableLine } from './versus/table.js'
import { versus } from './versus/versus.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    recorded: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    share: { type: 'string' },
    peer: { type: 'string', default: 'kafka' },
  },
})
const { quick } = values
const peer = values.peer as Peer
if (!peers.includes(peer)) throw new Error(`--peer is one of ${peers.join(', ')}`)
if (values.help) {
  const names = [...aloneRows, ...versusRows].map(({ name }) => name)
  console.log(`The options are told in bench/README.md, the rows are:\n${names.join('\n')}`)
  process.exit()
}
if (values.recorded) {
  const ofRow = (row: string) => allRecorded().filter(each => each.row === row && each.peer === peer)
  const known = versusRows.flatMap(({ name }) => ofRow(name))
  const told = peer === 'node' ? known : known.filter(hasGoal)
  console.log([...tableHead(peer), ...told.map(tableLine)].join('\n'))
  process.exit()
}
const rounds = Number(values.rounds ?? (quick ? 2 : 5))
const share = Number(values.share ?? (quick ? 0.2 : 1))

const wanted = (name: string): boolean =>
  positionals.length === 0 ||
  positionals.some(each => (each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : name === each))
const rows = versusRows
  .filter(row => wanted(row.name) && (!quick || row.quick === true))
  .filter(row => !row.byNameOnly || positionals.includes(row.name))
  .filter(row => peer !== 'kfake' || row.onDisk !== true)
  .filter(row => peer !== 'node' || row.least === true)
const startedAtMs = performance.now()
const seconds = (): string => `${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`.padStart(6)

if (!quick && peer === 'kafka') await printAlone(wanted)
const all: Ratios[] = []
if (rows.length > 0) {
  console.log(['', ...tableHead(peer)].join('\n'))
  await versus(rows, {
    peer,
    rounds,
    share,
    warmUpRecords: quick ? 500_000 : 2_000_000,
    progress: said => console.error(`${seconds()}  ${said}`),
    done: measured => {
      const ratios = ratiosOf(measured)
      all.push(...ratios)
      if (values.record) record(ratios, quick ? 'quick' : 'ratios')
      for (const each of ratios) console.log(tableLine(each))
    },
    failed({ name }, thrown) {
      console.error(`${seconds()}  ${name} failed:`, thrown)
      process.exitCode = 1
    },
  })
}
if (quick && !values.record && !compare(all)) process.exitCode = 1
console.error(`${seconds()}  done`)
