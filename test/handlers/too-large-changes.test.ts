import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Broker } from '../../src/index.js'
import { describeConfigs } from '../../src/wire/apis/describe-configs.js'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const [brokerType, topicType] = [4, 2]
/** The longest value that a request can hold. */
const long = 'x'.repeat(32_767)

const alter = async (
  served: ServedBroker,
  resource: { readonly resourceType: number; readonly resourceName: string },
  configs: readonly { readonly name: string; readonly configOperation: number; readonly value: string }[],
) => {
  const { responses } = await served.ask(incrementalAlterConfigs, 1, {
    resources: [{ ...resource, configs }],
    validateOnly: false,
  })
  return { error: errorName(responses[0]), message: responses[0]?.errorMessage }
}

/** A broker keeps settings of names that it does not know: the only way to have many of them. */
const unknown = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `own.${i}`, configOperation: 0, value: long }))

const allBrokers = { resourceType: brokerType, resourceName: '' }

const kept = async (served: ServedBroker) => {
  const { results } = await served.ask(describeConfigs, 4, {
    resources: [{ ...allBrokers, configurationKeys: null }],
  })
  return results[0]?.configs.filter(({ name }) => name.startsWith('own.')).length
}

test('one change of 5 MB is kept as a whole, is there after a restart, and after one from a snapshot', async () => {
  const disk = new SimulatedDisk()
  const set = { 'metadata.log.max.record.bytes.between.snapshots': '1000000' }
  await using served = await ServedBroker.open({ files: disk, set })
  assert.equal((await alter(served, allBrokers, unknown(150))).error, 'NONE')
  const killed = disk.killed()
  await snapshot(disk)
  for (const next of [killed, disk.killed()]) {
    await using again = await ServedBroker.open({ files: next, set })
    assert.equal(await kept(again), 150)
    await again.create('orders')
  }
})

/** Resolves when the metadata journal has a snapshot. */
async function snapshot(disk: SimulatedDisk): Promise<void> {
  const isThere = () => disk.list('/data/__cluster_metadata-0').some(name => name.endsWith('.checkpoint'))
  for (let turn = 0; turn < 10_000 && !isThere(); turn++) await setImmediate()
  assert.ok(isThere(), 'no snapshot was written')
}

test('a change that no batch of the journal can hold is refused in words, and what comes next is kept', async () => {
  const disk = new SimulatedDisk()
  await using served = await ServedBroker.open({ files: disk })
  const { error, message } = await alter(served, allBrokers, unknown(300))
  assert.equal(error, 'RECORD_LIST_TOO_LARGE')
  assert.match(
    message ?? '',
    /^The change takes \d{7} bytes of the metadata journal, and one may take 8388608\.$/,
  )
  assert.equal(await kept(served), 0)
  await served.create('orders')
  await using again = await ServedBroker.open({ files: disk.killed() })
  assert.equal(await kept(again), 0)
  await assert.rejects(again.create('orders'), /already exists/)
})

test('a list that becomes too long to be kept is refused in words, and stays as it was', async () => {
  await using served = await ServedBroker.open({ topics: ['orders'] })
  const orders = { resourceType: topicType, resourceName: 'orders' }
  const append = (from: number) => {
    const value = Array.from({ length: 3000 }, (_, i) => `${from + i}:0`).join()
    return alter(served, orders, [
      { name: 'leader.replication.throttled.replicas', configOperation: 2, value },
    ])
  }
  assert.equal((await append(100_000)).error, 'NONE')
  assert.deepEqual(await append(200_000), {
    error: 'INVALID_CONFIG',
    message:
      'The value of leader.replication.throttled.replicas would have 53999 bytes; no more than 32767 can be kept.',
  })
  assert.equal((await append(100_000)).error, 'NONE')
})

test('a topic whose settings are too long to be kept ends the start in words', async () => {
  const value = Array.from({ length: 4000 }, (_, i) => `${100_000 + i}:0`).join()
  const config = { 'follower.replication.throttled.replicas': value }
  await assert.rejects(Broker.create({ topics: [{ name: 'orders', config }] }), {
    name: 'ConfigurationError',
    message: /^The topic 'orders' cannot be created: The value of follower.* would have 35999 bytes/,
  })
})
