import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { BrokerOptions } from '../../src/index.js'
import { describeLogDirs } from '../../src/wire/apis/describe-log-dirs.js'
import { temporaryFolder } from '../support/folder.js'
import { ServedBroker } from '../support/served-broker.js'

async function opened(options: BrokerOptions = {}) {
  const served = await ServedBroker.open({ topics: ['a:2', 'b'], ...options })
  const describe = async (topics: readonly { topic: string; partitions: readonly number[] }[] | null) => {
    const { errorCode, results } = await served.ask(describeLogDirs, 4, { topics })
    assert.deepEqual([errorCode, results.length, results[0]?.errorCode], [0, 1, 0])
    if (!results[0]) throw new Error('there is no directory')
    return results[0]
  }
  /** `topic-partition: bytes` of each partition told. */
  const sizes = async (topics: Parameters<typeof describe>[0]) => {
    const told = (await describe(topics)).topics.flatMap(({ name, partitions }) =>
      partitions.map(each => [`${name}-${each.partitionIndex}`, each.partitionSize] as const),
    )
    return Object.fromEntries(told)
  }
  return { served, describe, sizes, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('every partition is listed with the bytes that it takes, one without records with none', async () => {
  await using world = await opened()
  assert.deepEqual(await world.sizes(null), { 'a-0': 0n, 'a-1': 0n, 'b-0': 0n })
  await world.served.write('a', ['x'.repeat(1000)])
  const { 'a-0': written, ...others } = await world.sizes(null)
  assert.ok(written !== undefined && written > 1000n && written < 1200n, `${written}`)
  assert.deepEqual(others, { 'a-1': 0n, 'b-0': 0n })
})

test('only the partitions asked for are listed, and missing ones are left out', async () => {
  await using world = await opened()
  const wanted = [
    { topic: 'a', partitions: [1, 9] },
    { topic: 'nope', partitions: [0] },
  ]
  assert.deepEqual(await world.sizes(wanted), { 'a-1': 0n })
  assert.deepEqual(await world.sizes([]), {})
})

test('a node tells of the partitions that it has a replica of', async () => {
  await using world = await opened({ brokers: 2, topics: ['a:2'] })
  assert.equal(Object.keys(await world.sizes(null)).length, 1)
})

test('the answer names the directory and the room in it', async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  await using world = await opened({ dataDir })
  const { logDir, totalBytes, usableBytes } = await world.describe(null)
  assert.equal(logDir, dataDir)
  assert.ok(totalBytes > 0n && usableBytes > 0n && usableBytes <= totalBytes)
})
