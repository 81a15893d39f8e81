import assert from 'node:assert/strict'
import { test } from 'node:test'
import { longPoll, type Wait } from '../../src/fetch/long-poll.js'
import { MemoryFiles } from '../../src/log/memory-files.js'
import { LogWorld } from '../support/log-world.js'

const wait: Wait = { isolation: 'read_uncommitted', maxBytes: 1 << 20, minBytes: 1, maxWaitMs: 500 }

/** A fetch of one partition at its end, and what becomes of it. */
async function poll(log: LogWorld, changes: Partial<Wait> = {}, onHurry = (_: () => void) => () => {}) {
  const target = log.target()
  const { highWatermark: offset } = await log.bounds()
  const state = { bytes: -1, left: 0 }
  const done = longPoll(
    { log: log.engine, clock: log.clock },
    [{ target, offset, maxBytes: 1 << 20 }],
    { ...wait, ...changes },
    {
      timer: {},
      park(hurry) {
        const leave = onHurry(hurry)
        return () => {
          state.left += 1
          leave()
        }
      },
    },
  ).then(([result]) => {
    state.bytes = result?.kind === 'read' ? result.bytes : -2
  })
  await turn()
  return { state, done }
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve))
const open = () => LogWorld.open({ files: new MemoryFiles(1 << 24) })

test('a fetch with enough to read is answered at once', async () => {
  const log = await open()
  await log.write(['a'])
  const target = log.target()
  const [result] = await longPoll(
    { log: log.engine, clock: log.clock },
    [{ target, offset: 0n, maxBytes: 1000 }],
    wait,
    { timer: {}, park: () => assert.fail('it does not wait') },
  )
  assert.ok(result?.kind === 'read' && result.bytes > 0)
})

test('a fetch at the end waits for the next record', async () => {
  const log = await open()
  const { state, done } = await poll(log)
  assert.equal(state.bytes, -1)
  await log.write(['a'])
  await done
  assert.ok(state.bytes > 0)
})

test('a fetch waits until there is as much as it wants', async () => {
  const log = await open()
  const { state, done } = await poll(log, { minBytes: 100 })
  await log.write(['a'])
  await turn()
  assert.equal(state.bytes, -1)
  await log.write(['b'])
  await done
  assert.ok(state.bytes >= 100)
})

test('a fetch that waits for many bytes reads them once, when they have come', async () => {
  const log = await open()
  const { engine } = log
  let reads = 0
  const read = engine.read.bind(engine)
  engine.read = (requests, options) => {
    reads += 1
    return read(requests, options)
  }
  const { state, done } = await poll(log, { minBytes: 20_000 })
  for (let i = 0; i < 200; i++) {
    await log.write(['x'.repeat(100)])
    await turn()
  }
  await done
  assert.ok(state.bytes >= 20_000)
  assert.equal(reads, 1)
})

test('a fetch does not wait for more than fits into its answer', async () => {
  const log = await open()
  await log.write(['x'.repeat(1000)])
  const { state, done } = await poll(log, { minBytes: 10_000, maxBytes: 3000 })
  await log.write(['x'.repeat(1000)])
  await turn()
  assert.equal(state.bytes, -1)
  await log.write(['x'.repeat(2000)])
  await done
  assert.ok(state.bytes > 1000 && state.bytes <= 3000)
})

test('a fetch is answered with what there is when its time is over', async () => {
  const log = await open()
  const { state, done } = await poll(log, { minBytes: 100 })
  await log.write(['a'])
  log.clock.advance(499)
  await turn()
  assert.equal(state.bytes, -1)
  log.clock.advance(1)
  await done
  assert.ok(state.bytes > 0 && state.bytes < 100)
})

test('a fetch that may not wait does not', async () => {
  const { state, done } = await poll(await open(), { maxWaitMs: 0 })
  await done
  assert.equal(state.bytes, 0)
})

test('a fetch that is hurried is answered with what there is', async () => {
  let hurry = () => {}
  const { state, done } = await poll(await open(), {}, given => {
    hurry = given
    return () => {}
  })
  assert.equal(state.bytes, -1)
  hurry()
  await done
  assert.equal(state.bytes, 0)
})

test('a topic that is deleted ends the wait', async () => {
  const log = await open()
  await log.write(['a'])
  const { state, done } = await poll(log)
  log.exists = false
  await log.deleteTopic()
  await done
  assert.equal(state.bytes, -2)
})

test('an answered fetch leaves nothing behind: no timer, no watcher, nobody to hurry', async () => {
  const log = await open()
  const { state, done } = await poll(log)
  await log.write(['a'])
  await done
  assert.equal(state.left, 1)
  log.clock.advance(1000)
  await log.write(['b'])
  await turn()
  assert.equal(state.left, 1)
})

test('a fetch of nothing is answered at once', async () => {
  const log = await open()
  const waiter = { timer: {}, park: () => assert.fail('it does not wait') }
  const results = await longPoll({ log: log.engine, clock: log.clock }, [], wait, waiter)
  assert.deepEqual(results, [])
})
