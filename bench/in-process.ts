import { execFileSync } from 'node:child_process'
import type { Row } from './row.js'

const library = new URL('../dist/index.js', import.meta.url).href

const script = `
const { Broker } = await import('${library}')
const before = performance.now()
const broker = await Broker.create({ topics: ['orders:3'] })
console.log(performance.now() - before)
await broker.stop()
`

export const createInProcess: Row = {
  name: 'create',
  unit: 'ms of the first Broker.create() after import, a new process each time',
  target: 'under 60',
  rounds: 7,
  measure: async () =>
    Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })),
}
