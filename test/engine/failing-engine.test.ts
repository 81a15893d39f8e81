import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { MemoryFiles } from '../../src/log/memory-files.js'
import { buildBatch } from '../../src/records/record-batch.js'
import { KafkaError } from '../../src/wire/errors.js'
import { FailingEngine } from '../support/failing-engine.js'
import { LogWorld, record } from '../support/log-world.js'

/** A partition of one record behind an engine whose calls a test has fail. */
async function failing() {
  const log = await LogWorld.open({ files: new MemoryFiles(1 << 20) })
  const engine = new FailingEngine(log.engine)
  const bytes = await buildBatch({ records: [record('a')] })
  const append = () =>
    engine.append([{ target: log.target(), bytes: Buffer.from(bytes), fence: 0 }], {
      acks: -1,
      timeoutMs: Infinity,
    })
  const end = async () => (await log.bounds()).highWatermark
  return { log, engine, append, end }
}

test('only the call that was chosen fails', async () => {
  const { engine, append, end } = await failing()
  engine.fail('append', 2, { kind: 'unavailable' })
  const kinds = []
  for (let i = 0; i < 3; i++) kinds.push((await append())[0]?.kind)
  assert.deepEqual(kinds, ['appended', 'unavailable', 'appended'])
  assert.equal(await end(), 2n)
  assert.equal(engine.calls('append'), 3)
})

test('an unknown outcome may be an append or none', async () => {
  const { engine, append, end } = await failing()
  engine.failNext('append', { kind: 'unknown', isAppended: false })
  assert.deepEqual(await append(), [{ kind: 'unknown' }])
  assert.equal(await end(), 0n)
  engine.failNext('append', { kind: 'unknown', isAppended: true })
  assert.deepEqual(await append(), [{ kind: 'unknown' }])
  assert.equal(await end(), 1n)
})

test('a call can throw, be rejected, or answer each target with an error', async () => {
  const { log, engine } = await failing()
  const ask = () => engine.bounds([log.target(), log.target(1)])
  engine.failNext('bounds', { kind: 'throws' })
  assert.throws(ask, /simulated/)
  engine.failNext('bounds', { kind: 'rejects' })
  await assert.rejects(ask(), /simulated/)
  engine.failNext('bounds', { kind: 'answers', error: 'KAFKA_STORAGE_ERROR' })
  for (const each of await ask())
    assert.ok(each instanceof KafkaError && each.errorName === 'KAFKA_STORAGE_ERROR')
  assert.equal((await ask()).length, 2)
})

test('a call that hangs goes its way when it is let go', async () => {
  const { engine, append, end } = await failing()
  engine.failNext('append', { kind: 'hangs' })
  const appending = append()
  await setImmediate()
  assert.equal(await end(), 0n)
  engine.letGo()
  assert.equal((await appending)[0]?.kind, 'appended')
})
