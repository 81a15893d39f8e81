import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { temporaryFolder } from '../support/folder.js'

/** The package as others use it: built, and found by its name. */
before(() => {
  if (!existsSync('dist/index.cjs')) execFileSync(process.execPath, ['tools/build.mjs'])
})

async function project(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder(t)
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true })
  symlinkSync(resolve('.'), join(folder, 'node_modules', 'ottla'))
  symlinkSync(resolve('node_modules/@types/node'), join(folder, 'node_modules', '@types', 'node'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

/** Runs a script that must end by itself. */
function run(cwd: string, script: string): string {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [script], {
    cwd,
    encoding: 'utf8',
    timeout: 30_000,
  })
  assert.equal(signal, null, `${script} did not end`)
  assert.equal(status, 0, stderr)
  return stdout.trim()
}

const life = `
  const broker = await Broker.create({ topics: ['orders:3'] })
  console.log(broker.state, broker.brokers.length, typeof PortInUse, typeof ConfigurationError)
  await broker.stop()
  console.log(broker.state)
`
const lived = 'running 1 function function\nstopped'

test('an ES module imports it, and the process ends by itself once the broker has stopped', async t => {
  const script = `import { Broker, ConfigurationError, PortInUse } from 'ottla'\n${life}`
  assert.equal(run(await project(t, { 'use.mjs': script }), 'use.mjs'), lived)
})

test('a CommonJS module requires it, and the process ends by itself once the broker has stopped', async t => {
  const script = `const { Broker, ConfigurationError, PortInUse } = require('ottla')\n;(async () => {${life}})()`
  assert.equal(run(await project(t, { 'use.cjs': script }), 'use.cjs'), lived)
})

test('a start that failed lets the process end as well', async t => {
  const script = `import { Broker } from 'ottla'
    await Broker.create({ host: '192.0.2.1' }).catch(error => console.log(error.name))`
  assert.equal(run(await project(t, { 'use.mjs': script }), 'use.mjs'), 'ConfigurationError')
})

test('it has types for ES modules and for CommonJS', async t => {
  const use = `
    import { Broker, type BrokerOptions, type BrokerState, DataDirectoryLocked, KafkaError, type Logger, PortInUse, WrongNode } from 'ottla'
    const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
    const options: BrokerOptions = { topics: ['orders:3'], set: { 'num.partitions': 2 }, logger }
    export async function use(): Promise<BrokerState> {
      const broker = await Broker.create(options)
      const [first]: string[] = broker.brokers
      const all: string = broker.bootstrapServers
      await broker.stopNode(0)
      await broker.startNode(0)
      await broker.stop()
      // @ts-expect-error there is no such option
      await Broker.create({ folder: './data' })
      return first === all ? broker.state : 'stopped'
    }
    export const known = [DataDirectoryLocked, KafkaError, PortInUse, WrongNode]
  `
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    module: 'NodeNext',
    strict: true,
    noEmit: true,
    types: ['node'],
  }
  const folder = await project(t, {
    'use.mts': use,
    'use.cts': use,
    'tsconfig.json': JSON.stringify({ compilerOptions, files: ['use.mts', 'use.cts'] }),
  })
  const tsc = resolve('node_modules/typescript/bin/tsc')
  const { stdout, status } = spawnSync(process.execPath, [tsc], { cwd: folder, encoding: 'utf8' })
  assert.equal(status, 0, stdout)
})
