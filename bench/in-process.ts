import { execFileSync } from 'node:child_process'
import { plainEnvironment } from '../compat-tests/support/ottla-process.js'
import type { Row } from './row.js'

const library = new URL('../dist/index.js', import.meta.url).href

const script = `
const started = performance.now()
const { Broker } = await import('${library}')
const imported = performance.now()
const broker = await Broker.create({ topics: ['orders:3'] })
console.log(JSON.stringify({ importMs: imported - started, createMs: performance.now() - imported }))
await broker.stop()
`

function tookMs(part: 'importMs' | 'createMs'): number {
  const args = ['--input-type=module', '-e', script]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env: plainEnvironment }))[part]
}

/** What a test waits for, in a new process each time. */
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
]
