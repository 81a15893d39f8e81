import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as settle } from 'node:timers/promises'
import { ProducerIds } from '../../src/cluster/producer-ids.js'
import { Background } from '../../src/telemetry/background.js'
import { KafkaError } from '../../src/wire/errors.js'
import { ManualClock } from '../support/manual-clock.js'

const logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Producer ids whose blocks are kept, refused or held up as a test says. */
function world() {
  const clock = new ManualClock()
  const blocks: { keep: () => void; refuse: () => void }[] = []
  let first = 0n
  const reserve = (count: bigint) =>
    new Promise<bigint>((resolve, reject) => {
      const keep = () => {
        resolve(first)
        first += count
      }
      blocks.push({ keep, refuse: () => reject(new KafkaError('KAFKA_STORAGE_ERROR')) })
    })
  const background = new Background({ clock, logger })
  return { clock, blocks, ids: new ProducerIds({ clock, background, reserve, timeoutMs: () => 30_000 }) }
}

const error = (asked: Promise<unknown>) =>
  asked.then(
    () => null,
    thrown => thrown instanceof KafkaError && thrown.errorName,
  )

async function take(ids: ProducerIds, count: number): Promise<bigint[]> {
  const taken: bigint[] = []
  for (let i = 0; i < count; i++) taken.push(await ids.next())
  return taken
}

test('all who want an id while none is reserved wait for the same block', async () => {
  const { ids, blocks } = world()
  const asked = [ids.next(), ids.next(), ids.next()]
  await settle()
  assert.equal(blocks.length, 1)
  blocks[0]?.keep()
  assert.deepEqual(await Promise.all(asked), [0n, 1n, 2n])
})

test('the next block is reserved when 90 % of one are used, so that no client waits for it', async () => {
  const { ids, blocks } = world()
  const first = ids.next()
  blocks[0]?.keep()
  await first
  await take(ids, 898)
  assert.equal(blocks.length, 1)
  await take(ids, 1)
  assert.equal(blocks.length, 2)
  assert.equal((await take(ids, 100)).at(-1), 999n, 'while the second hangs')
  const waits = ids.next()
  blocks[1]?.keep()
  assert.equal(await waits, 1000n)
})

test('no id in time is COORDINATOR_LOAD_IN_PROGRESS, and a block that comes later is used', async () => {
  const { ids, blocks, clock } = world()
  const asked = error(ids.next())
  await settle()
  clock.advance(29_999)
  await settle()
  const other = error(ids.next())
  clock.advance(1)
  assert.equal(await asked, 'COORDINATOR_LOAD_IN_PROGRESS')
  blocks[0]?.keep()
  assert.equal(await other, null)
  assert.equal(blocks.length, 1)
  assert.equal(await ids.next(), 1n)
})

test('a block that cannot be kept is COORDINATOR_LOAD_IN_PROGRESS, and the next caller tries again', async () => {
  const { ids, blocks } = world()
  const asked = error(ids.next())
  blocks[0]?.refuse()
  assert.equal(await asked, 'COORDINATOR_LOAD_IN_PROGRESS')
  const again = ids.next()
  blocks[1]?.keep()
  assert.equal(await again, 0n)
})
