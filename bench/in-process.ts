import { execFileSync } from 'node:child_process'
import { plainEnvironment } from '../compat-tests/support/ottla-process.js'
import type { Row } from './row.js'

const library = new URL('../dist/index.js', import.meta.url).href

const script = `
const started = performance.now()
const { Broker } = await import('${library}')
const imported = performance.now()
const broker = await Broker.create({ topics: ['orders:3'] })
const created = performance.now()
await broker.stop()
const stopped = performance.now()
const another = await Broker.create({ topics: ['orders:3'] })
const againMs = performance.now() - stopped
await another.stop()
console.log(JSON.stringify({ importMs: imported - started, createMs: created - imported, againMs }))
`

function tookMs(part: 'importMs' | 'createMs' | 'againMs'): number {
  const args = ['--input-type=module', '-e', script]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env: plainEnvironment }))[part]
}

/** The waits of a test, in a new process each time. */
export const inProcess: readonly Row[] = [
  {
    name: 'import',
    unit: 'ms of `import` of the package',
    target: 'under 60',
    rounds: 9,
    measure: async () => tookMs('importMs'),
  },
  {
    name: 'create',
    unit: 'ms of the first `Broker.create()` after it',
    target: 'under 15',
    rounds: 9,
    measure: async () => tookMs('createMs'),
  },
  {
    name: 'create-again',
    unit: 'ms of the second `Broker.create()` in the process',
    target: 'under 15',
    rounds: 9,
    measure: async () => tookMs('againMs'),
  },
]
