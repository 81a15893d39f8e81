import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReadResult } from '../../src/engine/log-engine.js'
import { heldBy, longPoll, type Wait } from '../../src/fetch/long-poll.js'
import { MemoryFiles } from '../../src/log/memory-files.js'
import { ReplyBudget } from '../../src/memory/reply-budget.js'
import { LogWorld } from '../support/log-world.js'

const wait: Wait = { isolation: 'read_uncommitted', maxBytes: 1 << 20, minBytes: 1, maxWaitMs: 500 }

/** A fetch of one partition at its end, and its outcome. */
async function poll(log: LogWorld, changes: Partial<Wait> = {}, onHurry = (_: () => void) => () => {}) {
  const target = log.target()
  const { highWatermark: offset } = await log.bounds()
  const state = { bytes: -1, left: 0 }
  const done = longPoll(
    surroundings(log),
    [{ target, offset, maxBytes: 1 << 20 }],
    { ...wait, ...changes },
    {
      timer: { takenBytes: 0 },
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

const surroundings = (log: LogWorld, replyMemory = roomy(log)) => ({
  log: log.engine,
  clock: log.clock,
  replyMemory,
})
const roomy = ({ clock }: LogWorld) => new ReplyBudget({ maxBytes: 1 << 24, patienceMs: 5000 }, clock)
const turn = () => new Promise<void>(resolve => setImmediate(resolve))
const open = () => LogWorld.open({ files: new MemoryFiles(1 << 24) })

test('a fetch with enough to read is answered at once', async () => {
  const log = await open()
  await log.write(['a'])
  const target = log.target()
  const [result] = await longPoll(surroundings(log), [{ target, offset: 0n, maxBytes: 1000 }], wait, {
    timer: { takenBytes: 0 },
    park: () => assert.fail('it does not wait'),
  })
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

test('an answered fetch leaves nothing behind: no timer, no watcher, no fetch to hurry', async () => {
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
  const waiter = { timer: { takenBytes: 0 }, park: () => assert.fail('it does not wait') }
  const results = await longPoll(surroundings(log), [], wait, waiter)
  assert.deepEqual(results, [])
})

const mebibyte = 1024 * 1024
const large = 'x'.repeat(500_000)

/** Another connection, which reads. */
const other = { takenBytes: Infinity }

/** A log of 5 MB in ten batches, and memory for replies. */
async function scarce(maxBytes: number) {
  const log = await open()
  for (let i = 0; i < 10; i++) await log.write([large])
  const memory = new ReplyBudget({ maxBytes, patienceMs: 5000 }, log.clock)
  const requests = [{ target: log.target(), offset: 0n, maxBytes: 8 * mebibyte }]
  const fetch = (changes: Partial<Wait> = {}, park = (_: () => void) => () => {}) =>
    longPoll(
      surroundings(log, memory),
      requests,
      { ...wait, maxBytes: 8 * mebibyte, ...changes },
      { timer: { takenBytes: Infinity }, park },
    )
  return { log, memory, fetch }
}

const bytesOf = ([result]: readonly ReadResult[]): number => (result?.kind === 'read' ? result.bytes : -1)

test('a fetch reads no more than there is memory for, which counts until it is given back', async () => {
  const { memory, fetch } = await scarce(4 * mebibyte)
  const results = await fetch()
  assert.equal(Math.floor(bytesOf(results) / large.length), 4)
  assert.equal(memory.usedBytes, heldBy(results))
})

test('one batch is read however little memory is left, so that a reader gets on', async () => {
  const { memory, fetch } = await scarce(mebibyte)
  memory.take(other, mebibyte - 1)
  assert.ok(bytesOf(await fetch()) > large.length)
})

test('a fetch that is cut short for lack of memory does not wait for its minimum', async () => {
  const { fetch } = await scarce(4 * mebibyte)
  assert.ok(bytesOf(await fetch({ minBytes: 4 * mebibyte })) > mebibyte)
})

test('a fetch that waits for records holds no memory', async () => {
  const { log, memory, fetch } = await scarce(32 * mebibyte)
  const done = fetch({ minBytes: 6 * mebibyte })
  await turn()
  assert.equal(memory.usedBytes, 0)
  log.clock.advance(500)
  const results = await done
  assert.equal(memory.usedBytes, heldBy(results))
})

test('a fetch that finds no memory waits for it, longer than for records', async () => {
  const { log, memory, fetch } = await scarce(mebibyte)
  memory.take(other, mebibyte)
  let answered = false
  const done = fetch({ maxWaitMs: 0 }).finally(() => {
    answered = true
  })
  log.clock.advance(9999)
  await turn()
  assert.ok(!answered)
  memory.give(other, mebibyte)
  assert.ok(bytesOf(await done) > large.length)
})

test('a fetch that waits for memory for too long is answered without records, and with the bounds', async () => {
  const { log, memory, fetch } = await scarce(mebibyte)
  memory.take(other, mebibyte)
  const done = fetch()
  log.clock.advance(10_000)
  const [result] = await done
  assert.ok(result?.kind === 'read')
  assert.deepEqual([result.bytes, result.highWatermark], [0, 10n])
  assert.equal(memory.usedBytes, mebibyte)
})

for (const when of ['at once', 'later']) {
  test(`a fetch that waits for memory is answered without records when it is hurried ${when}`, async () => {
    const { memory, fetch } = await scarce(mebibyte)
    memory.take(other, mebibyte)
    let hurried = () => {}
    let left = 0
    const done = fetch({}, hurry => {
      if (when === 'at once') hurry()
      hurried = hurry
      return () => void left++
    })
    await turn()
    hurried()
    assert.equal(bytesOf(await done), 0)
    assert.deepEqual([memory.usedBytes, left], [mebibyte, 1])
  })
}

test('a fetch of very many partitions waits for any of them, and watches none when it is answered', async () => {
  const log = await open()
  const requests = Array.from({ length: 2500 }, (_, partition) => ({
    target: log.target(partition % 3),
    offset: 0n,
    maxBytes: 1000,
  }))
  const { engine } = log
  const watch = engine.watch.bind(engine)
  let watched = 0
  engine.watch = (targets, changed) => {
    watched += targets.length
    const end = watch(targets, changed)
    return () => {
      watched -= targets.length
      end()
    }
  }
  const done = longPoll(surroundings(log), requests, wait, { timer: { takenBytes: 0 }, park: () => () => {} })
  for (let i = 0; i < 50 && watched < requests.length; i++) await turn()
  assert.equal(watched, requests.length)
  await log.write(['a'], 2)
  const results = await done
  assert.ok(results.some(each => each.kind === 'read' && each.bytes > 0))
  assert.equal(watched, 0)
})
