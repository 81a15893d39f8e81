import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { before, test } from 'node:test'
import { describeConfigs } from '../../src/wire/apis/describe-configs.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { temporaryFolder } from '../support/folder.js'
import { freePorts } from '../support/free-ports.js'
import { RawClient } from '../support/raw-client.js'
import { build, run, serve } from './ottla.js'

/** The command line as a person meets it: built, and a process of its own. */
before(build)

const packageVersion = JSON.parse(readFileSync('package.json', 'utf8')).version as string
const oneSentence = /^[^\n]+[.?]\n$/

/** Asks the broker behind a port for some of its settings. */
async function settingsAt(port: number, names: readonly string[]): Promise<Record<string, string | null>> {
  const client = await RawClient.connect(port)
  try {
    const resource = { resourceType: 4, resourceName: '0', configurationKeys: names }
    const { results } = await client.ask(describeConfigs, 4, { resources: [resource] })
    return Object.fromEntries((results[0]?.configs ?? []).map(({ name, value }) => [name, value]))
  } finally {
    client.destroy()
  }
}

/** The messages in lines of JSON. */
const messages = (stderr: string): string[] =>
  stderr
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line).msg as string)

async function topicsAt(port: number): Promise<Record<string, number>> {
  const client = await RawClient.connect(port)
  try {
    const { topics } = await client.ask(metadata, 9, { topics: null })
    return Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions.length]))
  } finally {
    client.destroy()
  }
}

test('--help names every flag, and --version the version', async () => {
  const help = await run(['--help'])
  assert.deepEqual([help.status, help.stderr], [0, ''])
  const flags = [...help.stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag)
  const known =
    'port host data-dir durability memory config set topic brokers rack parity log-level help version'
  assert.deepEqual(
    flags,
    known.split(' ').map(flag => `--${flag}`),
  )
  assert.deepEqual(await run(['-h']), help)
  assert.deepEqual(await run(['-v']), await run(['--version']))
  assert.deepEqual(await run(['--version']), { status: 0, stdout: `${packageVersion}\n`, stderr: '' })
})

test('the banner says how long the start took, where the data lies, how many nodes there are and where', async t => {
  const port = await freePorts(2)
  const args = [
    '--memory',
    '--brokers',
    '2',
    '--port',
    `${port}`,
    '--topic',
    'orders:3:2',
    '--topic',
    'clicks',
  ]
  const ottla = await serve(t, args)
  const address = `127\\.0\\.0\\.1:${port},127\\.0\\.0\\.1:${port + 1}`
  const lines = [
    `Ottla ${packageVersion} is ready after \\d+ ms`,
    '  data       in memory',
    '  nodes      2',
    `  listener   PLAINTEXT 127\\.0\\.0\\.1:${port} of node 0, clients are told the host that they dialled, port ${port}`,
    `  listener   PLAINTEXT 127\\.0\\.0\\.1:${port + 1} of node 1, clients are told the host that they dialled, port ${port + 1}`,
    `  bootstrap  ${address}`,
  ]
  assert.match(ottla.banner, new RegExp(`^${lines.join('\\n')}\\n$`))
  assert.deepEqual(await topicsAt(port + 1), { orders: 3, clicks: 1 })
  const { status, stdout, stderr } = await ottla.end('SIGINT')
  assert.deepEqual([status, stdout], [0, ottla.banner])
  assert.deepEqual(messages(stderr).slice(-3), [
    'SIGINT was received: the broker stops.',
    'The broker is stopping.',
    'The broker has stopped.',
  ])
})

test('the banner names every listener and what it tells clients of each', async t => {
  const port = await freePorts(2)
  const env = {
    KAFKA_LISTENERS: `IN://127.0.0.1:${port},OUT://0.0.0.0:${port + 1}`,
    KAFKA_ADVERTISED_LISTENERS: `IN://kafka:29092,OUT://:29093`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'IN:PLAINTEXT,OUT:PLAINTEXT',
  }
  const { banner } = await serve(t, ['--memory'], { env })
  assert.deepEqual(banner.match(/(?<=listener {3}).*/g), [
    `IN 127.0.0.1:${port}, clients are told kafka:29092`,
    `OUT *:${port + 1}, clients are told the host that they dialled, port 29093`,
  ])
})

test('each node may have its own port, id and rack', async t => {
  const port = await freePorts(5)
  const ports = [port, port + 2, port + 4]
  const ottla = await serve(t, ['--memory', '--port', ports.join(), '--brokers', '1,2,4', '--rack', 'a,b,b'])
  const client = await RawClient.connect(port + 4)
  const { brokers } = await client.ask(metadata, 9, { topics: null })
  client.destroy()
  assert.deepEqual(
    brokers.map(each => [each.nodeId, each.port, each.rack]),
    [
      [1, port, 'a'],
      [2, port + 2, 'b'],
      [4, port + 4, 'b'],
    ],
  )
  assert.deepEqual(ottla.ports, ports)
})

test('a complaint about a wrong value names the line of the file, or the variable, where it stands', async t => {
  const cwd = await temporaryFolder(t)
  writeFileSync(join(cwd, 'a.properties'), '# nodes\n\nnum.partitions=many\n')
  const args = ['--memory', '--port', '0', '--config', 'a.properties']
  const inFile = await run(args, { cwd })
  assert.deepEqual(inFile, {
    status: 2,
    stdout: '',
    stderr:
      'Invalid value many for configuration num.partitions: expected a whole number (INT) (a.properties, line 3).\n',
  })
  const inVariable = await run(args, { cwd, env: { KAFKA_NUM_PARTITIONS: 'few' } })
  assert.match(inVariable.stderr, /^Invalid value few .* \(KAFKA_NUM_PARTITIONS\)\.\n$/)
})

test('a data directory that is a file, or can never be, is said and does not hang', async t => {
  const cwd = await temporaryFolder(t)
  writeFileSync(join(cwd, 'file'), '')
  for (const [path, words] of [
    [
      'file',
      /^The data directory file cannot be used: file.* is a file, or lies below one; name a folder\.\n$/,
    ],
    ['file/below', /^The data directory file\/below cannot be used: .* lies below one; name a folder\.\n$/],
    ...(existsSync('/proc/self')
      ? ([['/proc/none', /^The data directory \/proc\/none cannot be used/]] as const)
      : []),
  ] as const) {
    const { status, stderr } = await run(['--port', '0', '--data-dir', path], { cwd })
    assert.equal(status, 2, path)
    assert.match(stderr, words)
  }
})

test('flags win over the environment, the environment over the file, the file over defaults', async t => {
  const folder = await temporaryFolder(t)
  const file = {
    'log.retention.ms': '10',
    'num.partitions': '10',
    'log.segment.bytes': '2000000',
    listeners: 'PLAINTEXT://192.0.2.1:1',
  }
  const text = Object.entries(file).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(folder, 'server.properties'), text.join(''))
  const env = {
    KAFKA_NUM_PARTITIONS: '20',
    KAFKA_LOG_RETENTION_MS: '20',
    KAFKA_LISTENERS: 'PLAINTEXT://192.0.2.2:2',
    KAFKA_CREATE_TOPICS: 'from-env:2:1',
  }
  const args = [
    '--config',
    'server.properties',
    '--set',
    'num.partitions=30',
    '--host',
    'localhost',
    '--port',
    '0',
  ]
  const ottla = await serve(t, [...args, '--topic', 'from-flag'], { env, cwd: folder })
  const [port = 0] = ottla.ports
  const wanted = {
    'num.partitions': '30',
    'log.retention.ms': '20',
    'log.segment.bytes': '2000000',
    'log.index.interval.bytes': '4096',
  }
  assert.deepEqual(await settingsAt(port, Object.keys(wanted)), wanted)
  assert.deepEqual(await topicsAt(port), { 'from-env': 2, 'from-flag': 30 })
  assert.match(ottla.banner, /bootstrap {2}localhost:/)
  assert.equal((await ottla.end('SIGTERM')).status, 0)
})

test('without flags for it the data lies in ./ottla-data; --parity and --durability fsync are made of settings', async t => {
  const cwd = await temporaryFolder(t)
  const ottla = await serve(t, ['--port', '0', '--parity', '--durability', 'fsync'], { cwd })
  assert.match(ottla.banner, /data {7}\.\/ottla-data\n/)
  const wanted = { 'group.initial.rebalance.delay.ms': '3000', 'log.flush.interval.messages': '1' }
  assert.deepEqual(await settingsAt(ottla.ports[0] as number, Object.keys(wanted)), wanted)
  assert.equal((await ottla.end('SIGINT')).status, 0)
  assert.equal(existsSync(join(cwd, 'ottla-data', 'meta.properties')), true)
})

for (const signal of ['SIGHUP', 'SIGTERM'] as const) {
  test(`${signal} stops the broker cleanly, and that is said before the process ends`, async t => {
    const { status, stderr } = await (await serve(t, ['--memory', '--port', '0'])).end(signal)
    assert.equal(status, 0)
    assert.deepEqual(messages(stderr).slice(-3), [
      `${signal} was received: the broker stops.`,
      'The broker is stopping.',
      'The broker has stopped.',
    ])
  })
}

test('a broker whose standard output and error are closed goes on', async t => {
  const ottla = await serve(t, ['--memory', '--port', '0'])
  const port = ottla.ports[0] as number
  ottla.hangUp()
  for (let i = 0; i < 3; i++) {
    const stranger = connect(port, '127.0.0.1').on('error', () => undefined)
    stranger.end('GET / HTTP/1.1\r\n\r\n').resume()
    await once(stranger, 'close') // the broker has tried to say so
  }
  assert.deepEqual(await topicsAt(port), {})
})

test('what has no effect is said once, and not at all with --log-level error', async t => {
  const args = ['--memory', '--port', '0', '--set', 'background.threads=2']
  const env = { KAFKA_HEAP_OPTS: '-Xmx1g', KAFKA_NUM_PARTITONS: '3' }
  const loud = await (await serve(t, args, { env })).end('SIGTERM')
  assert.deepEqual(messages(loud.stderr).slice(0, 2), [
    "There are no such settings, and they have no effect: 'num.partitons' (KAFKA_NUM_PARTITONS) (did you mean 'num.partitions'?).",
    'These settings have no effect here: background.threads, KAFKA_HEAP_OPTS.',
  ])
  assert.equal(loud.stderr.match(/background/g)?.length, 1)
  const quiet = await (await serve(t, [...args, '--log-level', 'error'], { env })).end('SIGTERM')
  assert.deepEqual(quiet, { status: 0, stdout: quiet.stdout, stderr: '' })
})

test('a port that is taken and a directory that is locked are said in one sentence', async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  const first = await serve(t, ['--port', '0', '--data-dir', dataDir])
  const [taken, locked] = await Promise.all([
    run(['--memory', '--port', `${first.ports[0]}`]),
    run(['--port', '0', '--data-dir', dataDir]),
  ])
  assert.deepEqual([taken.status, taken.stdout], [1, ''])
  assert.match(taken.stderr, oneSentence)
  assert.match(taken.stderr, new RegExp(`^Port ${first.ports[0]} .* is taken .* another port\\.\\n`))
  assert.deepEqual([locked.status, locked.stdout], [1, ''])
  assert.match(locked.stderr, oneSentence)
  assert.match(
    locked.stderr,
    new RegExp(`^The data directory ${dataDir} is in use .* another data directory\\.\\n`),
  )
  assert.equal((await first.end('SIGTERM')).status, 0)
})

test('a directory whose broker was killed is free again, also when its process id has become another’s', async t => {
  const cwd = await temporaryFolder(t)
  const first = await serve(t, ['--port', '0'], { cwd })
  await first.end('SIGKILL')
  const lock = join(cwd, 'ottla-data', '.lock')
  writeFileSync(lock, readFileSync(lock, 'utf8').replace(/^\d+/, String(process.pid)))
  const second = await serve(t, ['--port', '0'], { cwd })
  assert.equal((await second.end('SIGINT')).status, 0)
  assert.deepEqual(
    readdirSync(join(cwd, 'ottla-data')).filter(name => name.startsWith('.lock')),
    [],
  )
})

const failures: readonly (readonly [string, RegExp])[] = [
  ['--config /no/such.properties', /^The settings in \/no\/such\.properties cannot be read .*: name a file/],
  ['--set num.partitions=many', /^Invalid value many for configuration num\.partitions: .*whole number/],
  ['--port 70000', /^The port 70000 is not one from 0 to 65535\./],
  [
    '--host nobody.invalid',
    /^There is no listening on nobody\.invalid, port \d+ .*: choose another host or port\.\n/,
  ],
  ['--brokers 0', /^There can be 1 to 100 nodes, not 0\./],
  ['--topic a:b', /^The topic 'a:b' cannot be read: write it as name:partitions/],
  ['--port 0 --set listeners=PLAINTEXT://:0', /^Both the port and the setting listeners say where/],
  ['--set num.partitons=3', /^There is no setting 'num\.partitons'\. Did you mean 'num\.partitions'\?\n/],
  ['--data-dir data', /^Both a data directory and memory are asked for: leave one of the two out\./],
]

for (const [args, sentence] of failures) {
  test(`\`ottla --memory ${args}\` fails, and says in one sentence what to do`, async () => {
    const { status, stdout, stderr } = await run(['--memory', ...args.split(' ')])
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, oneSentence)
    assert.match(stderr, sentence)
  })
}

const wrongUsages: readonly (readonly [string, RegExp])[] = [
  ['--no-such-flag', /^Unknown option '--no-such-flag'\. /],
  ['--prot 9092', /^Unknown option '--prot' \(did you mean '--port'\?\)\. /],
  ['--memmory', /^Unknown option '--memmory' \(did you mean '--memory'\?\)\. /],
  ['orders', /^Unexpected argument 'orders'\. /],
  ['--port many', /^--port takes whole numbers, not 'many'\. /],
  ['--port 1,,2', /^--port takes whole numbers, not '1,,2'\. /],
  ['--brokers 3 --port 1,2', /^--port names 2 nodes, but there are 3\. /],
  ['--rack a,b --port 1,2,3', /^--rack names 2 nodes, but there are 3\. /],
  ['--rack a,', /^--rack takes names, not 'a,'\. /],
  ['--port', /^--port needs a value: --port PORT\[,PORT\.\.\.\]\. /],
  ['--port -1', /^--port needs a value: --port PORT\[,PORT\.\.\.\]\. /],
  ['--memory=yes', /^--memory takes no value\. /],
  ['--set num.partitions', /^--set takes key=value, not 'num\.partitions'\. /],
  ['--log-level loud', /^--log-level is silent, error, warn, info or debug, not 'loud'\. /],
]

for (const [args, sentence] of wrongUsages) {
  test(`\`ottla ${args}\` is wrong usage, and points to --help`, async () => {
    const { status, stdout, stderr } = await run(args.split(' '))
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, sentence)
    assert.match(stderr, /'ottla --help' lists what there is\.\n$/)
    assert.match(stderr, oneSentence)
  })
}

const noTerminal = spawnSync('script', ['--version']).error ? 'there is no program `script` here' : false

test('on a terminal the log is made to be read', { skip: noTerminal }, async t => {
  const cwd = await temporaryFolder(t)
  const command = `'${process.execPath}' '${resolve('dist/main.js')}' --memory --port 0`
  const env = { ...process.env, NO_COLOR: '1' }
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  for await (const part of child.stdout) {
    said += part
    if (/bootstrap[^\n]*\n/.test(said)) break // a terminal ends lines with \r\n
  }
  assert.match(said, /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: Node 0 listens on PLAINTEXT:/m)
})

test('the level may come from a setting, and the flag wins over the environment', async t => {
  const args = ['--memory', '--port', '0']
  const env = { KAFKA_OTTLA_LOG_LEVEL: 'silent' }
  assert.equal((await (await serve(t, args, { env })).end('SIGTERM')).stderr, '')
  const loud = await (await serve(t, [...args, '--log-level', 'info'], { env })).end('SIGTERM')
  assert.match(loud.stderr, /The broker has stopped/)
})
