import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { build } from '../main/ottla.js'
import { temporaryFolder } from '../support/folder.js'

/** Processes of their own, which end by themselves or do not. */
before(build)

interface Ended {
  /** The exit code; null where the test had to kill the process. */
  readonly status: number | null
  readonly printed: string
}

async function runs(
  t: TestContext,
  script: string,
  args: readonly string[] = [],
): Promise<Ended & { folder: string }> {
  const folder = await temporaryFolder(t)
  mkdirSync(join(folder, 'node_modules'))
  for (const name of ['kafkajs'])
    symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name))
  symlinkSync(resolve('.'), join(folder, 'node_modules', 'ottla'))
  writeFileSync(join(folder, 'script.test.mjs'), script)
  const child = spawn(process.execPath, [...args, 'script.test.mjs'], {
    cwd: folder,
    env: { PATH: process.env.PATH, KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', part => (printed += part))
  const killer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  const status = await new Promise<number | null>(done => child.on('close', done))
  clearTimeout(killer)
  return { status, printed, folder }
}

const leftIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    name => !/^node_modules|^script/.test(name),
  )

test('a script that forgets to stop its broker ends, and leaves nothing', async t => {
  const script = `
    import { Broker } from 'ottla'
    const broker = await Broker.create({ topics: ['a'], logger: console })
    process.on('exit', () => console.log(broker.state))
  `
  const { status, printed, folder } = await runs(t, script)
  assert.equal(status, 0, printed)
  assert.match(
    printed,
    /Nothing else keeps the process alive: the broker stops\.[\s\S]*The broker has stopped\.\nstopped\n$/,
  )
  assert.deepEqual(leftIn(folder), [])
})

test('a test of node:test that forgets both its broker and its clients’ connections ends as soon as these do', async t => {
  const script = `
    import { test } from 'node:test'
    import { Kafka } from 'kafkajs'
    import { Broker } from 'ottla'
    test('sends', async () => {
      const broker = await Broker.create({ topics: ['a'] })
      const producer = new Kafka({ brokers: broker.brokers }).producer()
      await producer.connect()
      await producer.send({ topic: 'a', messages: [{ value: 'x' }] })
      await producer.disconnect()
    })
  `
  const { status, printed } = await runs(t, script, ['--test'])
  assert.equal(status, 0, printed)
})

test('an open connection of a client in the same process keeps it alive', async t => {
  const script = `
    import { connect } from 'node:net'
    import { Broker } from 'ottla'
    const broker = await Broker.create()
    const socket = connect(Number(broker.brokers[0].split(':')[1]), '127.0.0.1')
    socket.on('connect', () => setTimeout(() => { console.log('alive'); socket.destroy() }, 300).unref())
  `
  const { status, printed } = await runs(t, script)
  assert.deepEqual([status, printed], [0, 'alive\n'])
})

test('a stop that waits for a client of another process ends', async t => {
  const script = `
    import { spawn } from 'node:child_process'
    import { Broker } from 'ottla'
    const broker = await Broker.create()
    const port = broker.brokers[0].split(':')[1]
    const client = "require('net').connect({ port: " + port + ", allowHalfOpen: true }, () => console.log('up')).resume(); setTimeout(() => {}, 15000)"
    const other = spawn(process.execPath, ['-e', client], { stdio: ['ignore', 'pipe', 'ignore'] })
    await new Promise(up => other.stdout.once('data', up))
    other.stdout.destroy()
    other.unref()
    await broker.stop()
    console.log(broker.state)
    other.kill()
  `
  const { status, printed } = await runs(t, script)
  assert.deepEqual([status, printed], [0, 'stopped\n'])
})

test('a forgotten broker on disk stops as by stop()', async t => {
  const script = `
    import { Broker } from 'ottla'
    await Broker.create({ dataDir: 'data', topics: ['a'] })
  `
  const { status, printed, folder } = await runs(t, script)
  assert.equal(status, 0, printed)
  assert.deepEqual(
    readdirSync(join(folder, 'data')).filter(name => name.startsWith('.lock')),
    [],
  )
  assert.equal(existsSync(join(folder, 'data', '.kafka_cleanshutdown')), true)
})

test('with keepAlive the process lives on until the broker is stopped', async t => {
  const script = `
    import { Broker } from 'ottla'
    const broker = await Broker.create({ keepAlive: true })
    setTimeout(() => { console.log(broker.state); broker.stop() }, 500).unref()
  `
  const { status, printed } = await runs(t, script)
  assert.deepEqual([status, printed], [0, 'running\n'])
})

test('the process lives until a node has stopped, though its clients would not keep it alive', async t => {
  const script = `
    import { once } from 'node:events'
    import { connect } from 'node:net'
    import { Broker } from 'ottla'
    const broker = await Broker.create({ brokers: 2 })
    const client = connect(Number(broker.brokers[1].split(':')[1]), '127.0.0.1')
    await once(client, 'connect')
    client.unref()
    await broker.stopNode(1)
    await broker.startNode(1)
    console.log('moved')
  `
  const { status, printed } = await runs(t, script)
  assert.deepEqual([status, printed], [0, 'moved\n'])
})
