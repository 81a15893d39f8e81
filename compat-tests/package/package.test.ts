import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

/** The versions of Node; the newest has no number, so that a new release is tried on the day it comes. */
const nodeVersions = ['20', '22', '24', 'latest']
const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'ottla-package-'))

let packed: readonly string[] = []

const run = (command: string, args: readonly string[], cwd = folder): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

const npm = (...args: string[]): string => run('npm', args)

/** Packs as `npm publish` would, and installs the tarball into an empty project beside what its user would have. */
before(() => {
  const [{ filename, files }] = JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', folder], root),
  ) as [{ filename: string; files: { path: string }[] }]
  packed = files.map(({ path }) => path).sort()
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true }\n')
  npm('install', '--no-audit', '--no-fund', `./${filename}`, 'kafkajs@2', 'typescript@5', '@types/node@20')
})

after(() => run('rm', ['-rf', folder], tmpdir()))

test('the tarball has the library, the command line, their types and documents, and nothing else', () => {
  const chunks = packed.filter(path => /^dist\/chunk-\w+\.js$/.test(path))
  assert.deepEqual(
    packed.filter(path => !chunks.includes(path)),
    [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/index.cjs',
      'dist/index.d.cts',
      'dist/index.d.ts',
      'dist/index.js',
      'dist/licenses.txt',
      'dist/main.js',
      ...readdirSync(join(root, 'docs'))
        .sort()
        .map(name => `docs/${name}`),
      'package.json',
    ],
  )
})

/** Produces a record and consumes it again, with the kafkajs of the project that has installed the package. */
const program = `
  const broker = await Broker.create({ topics: ['orders:1'] })
  const kafka = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'orders', messages: [{ value: 'one' }] })
  const consumer = kafka.consumer({ groupId: 'g' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'orders', fromBeginning: true })
  const value = await new Promise(resolve =>
    consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) }),
  )
  await consumer.disconnect()
  await producer.disconnect()
  await broker.stop()
  console.log(value)
`
const programs = {
  ESM: ['esm.mjs', `import { Broker } from 'ottla'\nimport { Kafka, logLevel } from 'kafkajs'\n${program}`],
  CommonJS: [
    'common.cjs',
    `const { Broker } = require('ottla')\nconst { Kafka, logLevel } = require('kafkajs')\n;(async () => {${program}})()`,
  ],
} as const

for (const version of nodeVersions) {
  test(`an application on Node ${version} uses the installed package, as ESM and as CommonJS`, () => {
    const node = nodeOf(version)
    for (const [kind, [file, text]] of Object.entries(programs)) {
      writeFileSync(join(folder, file), text)
      assert.equal(run(node, [file]), 'one\n', kind)
    }
  })

  test(`the installed command line starts with Node ${version}`, () => {
    const help = run(nodeOf(version), ['node_modules/ottla/dist/main.js', '--help'])
    assert.match(help, /^ottla starts a Kafka broker/)
  })
}

/** The versions of Node that are packages, each in a folder of its own. */
function nodeOf(version: string): string {
  const home = join(folder, `node-${version}`)
  const node = join(home, 'node_modules/node/bin/node')
  try {
    readFileSync(node)
  } catch {
    run('npm', ['install', '--no-audit', '--no-fund', '--prefix', home, `node@${version}`])
  }
  return node
}

/** The kinds of TypeScript project that people have, by how they resolve modules. */
const projects = [
  { module: 'nodenext', moduleResolution: 'nodenext', file: 'use.mts' },
  { module: 'nodenext', moduleResolution: 'nodenext', file: 'use.cts' },
  { module: 'esnext', moduleResolution: 'bundler', file: 'use.ts' },
]

for (const { file, ...resolution } of projects) {
  test(`strict TypeScript checks ${file} against the types under ${resolution.moduleResolution}, libraries included`, () => {
    writeFileSync(
      join(folder, file),
      `import { Broker, type BrokerOptions, ConfigurationError, type Logger } from 'ottla'
       const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
       const options: BrokerOptions = { topics: ['orders:3'], logger }
       export async function use(): Promise<string> {
         try {
           const broker: Broker = await Broker.create(options)
           const address: string = broker.brokers[0] ?? ''
           await broker.stop()
           return address
         } catch (thrown) {
           if (thrown instanceof ConfigurationError) return thrown.message
           throw thrown
         }
       }\n`,
    )
    const compilerOptions = {
      ...resolution,
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      target: 'es2022',
      types: ['node'],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
    run('npx', ['tsc', '-p', 'tsconfig.json'])
  })
}

test('npm would publish it', () => {
  assert.match(run('npm', ['publish', '--dry-run', '--ignore-scripts', '--json'], root), /"ottla"|ottla@/)
})
