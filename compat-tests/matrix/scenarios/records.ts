import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.js'
import { type Codec, codecs, type SentRecord } from '../steps.js'
import { bytes, numbered, text, type World } from '../world.js'

/** Writes the records with the client and reads them back with it. */
async function roundTrip(world: World, records: readonly SentRecord[], codec: Codec = 'none'): Promise<void> {
  const topic = await world.topic()
  const client = await world.start()
  const { offsets } = await client.ask('produce', { topic, codec, records, maxBytes: 2_000_000 })
  for (const [i, offset] of offsets.entries()) assert.ok(offset === null || offset === i, `offset ${offset}`)
  await client.ask('assign', { consumer: 'reader', topic, partition: 0, offset: 0 })
  const reader = client.consumer('reader')
  await world.until(() => reader.records.length >= records.length, `${records.length} records are read`)
  await client.ask('close', { consumer: 'reader' })
  for (const [i, read] of reader.records.entries()) {
    const { key, value, headers = [], timestamp = read.timestamp } = records[i] as SentRecord
    const expected = { topic, partition: 0, offset: i, key, value, headers, timestamp }
    assert.deepEqual({ ...read, value: null }, { ...expected, value: null })
    assert.ok(read.value === value, `the value at offset ${i}`)
  }
}

export const records: readonly Scenario[] = [
  {
    name: 'keys and values come back in order',
    run: world => roundTrip(world, numbered(100)),
  },
  {
    name: 'null and empty keys and values stay apart',
    run: world =>
      roundTrip(world, [
        { key: null, value: bytes('no key'), partition: 0 },
        { key: bytes('no value'), value: null, partition: 0 },
        { key: bytes(''), value: bytes(''), partition: 0 },
      ]),
  },
  {
    name: 'headers keep their order, doubles and empty values',
    run: world => {
      const headers = [
        ['trace', bytes('1')],
        ['trace', bytes('2')],
        ['empty', bytes('')],
        ['käse', bytes('ß')],
      ] as const
      return roundTrip(world, [{ key: bytes('k'), value: bytes('v'), headers, partition: 0 }])
    },
  },
  {
    name: 'a header may hold any bytes',
    run: world => {
      const headers = [['bytes', Buffer.from([0, 1, 0xff, 0xfe]).toString('base64')]] as const
      return roundTrip(world, [{ key: bytes('k'), value: bytes('v'), headers, partition: 0 }])
    },
  },
  {
    name: 'a header may have no value',
    run: world =>
      roundTrip(world, [{ key: bytes('k'), value: bytes('v'), headers: [['null', null]], partition: 0 }]),
  },
  {
    name: 'keys and values may hold any bytes',
    run: world => {
      const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('base64')
      return roundTrip(world, [{ key: every, value: every, partition: 0 }])
    },
  },
  {
    name: 'the time that the producer gave stays with the record',
    run: world =>
      roundTrip(
        world,
        numbered(3).map((record, i) => ({ ...record, timestamp: 1_700_000_000_000 + i * 1000 })),
      ),
  },
  {
    name: 'a record of 900,000 bytes comes back whole',
    run: world =>
      roundTrip(world, [
        { key: bytes('large'), value: Buffer.alloc(900_000, 'large ').toString('base64'), partition: 0 },
      ]),
  },
  ...codecs.slice(1).map(codec => ({
    name: `${codec} is written and read`,
    run: (world: World) =>
      roundTrip(
        world,
        numbered(200).map(record => ({ ...record, value: bytes(`${text(record.value)} `.repeat(20)) })),
        codec,
      ),
  })),
]
