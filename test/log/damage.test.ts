import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeRecords,
  isControl,
  lastOffset,
  producerId,
  splitBatches,
  verifyCrc,
} from '../../src/records/record-batch.js'
import { type Damage, damageNames, damages } from '../support/file-damage.js'
import type { LogWorld as World } from '../support/log-world.js'
import { LogWorld, record } from '../support/log-world.js'
import { randomFrom, randomRuns } from '../support/random-runs.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const { seed = 1, numRuns: tries = 1 } = randomRuns(1, 40)
const topic = { segmentBytes: 3000, indexIntervalBytes: 200 }

/** Everything that clients can learn of a partition. */
async function told(log: World, partition = 0) {
  const values = await log.values(0n, partition)
  const times = []
  for (let ms = 1000n; ms < 1200n; ms += 7n)
    times.push((await log.offsetForTime(ms, partition))?.offset ?? null)
  const epochs = []
  for (const epoch of [0, 3, 5]) epochs.push(await log.epochEnd(epoch, partition))
  return { values, committed: await committed(log, partition), times, epochs, end: await end(log, partition) }
}

async function end(log: World, partition: number): Promise<bigint> {
  const request = { target: log.target(partition), offset: 0n, maxBytes: 1 }
  const [result] = await log.engine.read([request], { isolation: 'read_uncommitted', maxBytes: 1 })
  assert.ok(result?.highWatermark !== undefined)
  return result.highWatermark
}

/** Picks the values out of the answers, as a consumer with read_committed does. */
async function committed(log: World, partition: number): Promise<string[]> {
  const values: string[] = []
  for (let offset = 0n; ; ) {
    const maxBytes = 1000
    const request = { target: log.target(partition), offset, maxBytes }
    const [result] = await log.engine.read([request], { isolation: 'read_committed', maxBytes })
    assert.ok(result?.kind === 'read')
    if (result.bytes === 0) return values
    const waiting = [...(result.abortedTransactions ?? [])]
    const aborted = new Set<bigint>()
    for (const batch of result.batches.flatMap(splitBatches)) {
      while (waiting[0] && waiting[0].firstOffset <= lastOffset(batch))
        aborted.add(waiting.shift()?.producerId ?? -1n)
      if (isControl(batch)) aborted.delete(producerId(batch))
      else if (!aborted.has(producerId(batch))) {
        for (const each of await decodeRecords(batch))
          if (each.offset >= offset) values.push(String(each.value))
      }
      offset = lastOffset(batch) + 1n
    }
  }
}

const bytesOf = (...numbers: readonly (readonly ['int16' | 'int32', number])[]): Buffer =>
  Buffer.concat(
    numbers.map(([type, number]) => {
      const bytes = Buffer.alloc(type === 'int16' ? 2 : 4)
      type === 'int16' ? bytes.writeInt16BE(number) : bytes.writeInt32BE(number)
      return bytes
    }),
  )

/** Two partitions in which everything has happened: three leader epochs, and transactions, of which every third was aborted. */
async function written(): Promise<World> {
  const log = await LogWorld.open({ files: new SimulatedDisk(), topic, unverified: true })
  for (let i = 0; i < 130; i++) {
    log.leaderEpoch = i < 40 ? 0 : i < 90 ? 3 : 5
    await step(log, i)
  }
  return log
}

async function step(log: World, i: number): Promise<void> {
  const timestampMs = 1000 + i + (i % 10 === 0 ? 5 : 0)
  await log.write([`neighbour ${i}`], 1, timestampMs)
  if (i % 4 !== 0) return void (await log.write([`${i}`, `${i}!`], 0, timestampMs))
  const producer = { producerId: BigInt(i % 3), producerEpoch: 0, transactional: true }
  const baseSequence = sequences.get(producer.producerId) ?? 0
  sequences.set(producer.producerId, baseSequence + 1)
  await log.append({ records: [record(`in transaction ${i}`, timestampMs)], baseSequence, ...producer })
  const key = bytesOf(['int16', 0], ['int16', i % 3 === 0 ? 0 : 1])
  const value = bytesOf(['int16', 0], ['int32', 0])
  const marker = { timestampMs: BigInt(timestampMs), key, value, headers: [] }
  await log.append({ records: [marker], control: true, ...producer })
}
const sequences = new Map<bigint, number>()

/** The disk as the next process finds it after a clean stop, or after a kill in the middle of the work. */
async function left(log: World, clean: boolean): Promise<SimulatedDisk> {
  if (clean) await log.engine.close()
  else {
    await new Promise(resolve => setImmediate(resolve)) // the segments that are full are synced meanwhile
    log.clock.advance(60_000) // and the recovery points saved
  }
  return (log.given.files as SimulatedDisk).killed()
}

const smallFiles = ['.index', '.timeindex', '.txnindex', '.snapshot', 'leader-epoch-checkpoint'] as const

function filesOf(disk: SimulatedDisk, folder: string, kind: string): string[] {
  const names = disk.list(folder).filter(name => name.endsWith(kind) && disk.size(`${folder}/${name}`) > 0)
  return names.sort().map(name => `${folder}/${name}`)
}

function apply(disk: SimulatedDisk, path: string, damage: Damage, random: () => number): void {
  const bytes = damages[damage](disk.readFile(path), random)
  if (bytes === null) disk.remove(path)
  else disk.damage(path, () => bytes)
}

for (const kind of smallFiles) {
  for (const damage of damageNames) {
    for (const clean of [true, false]) {
      test(`a ${kind} ${damage} after a ${clean ? 'clean stop' : 'kill'} changes no answer to clients`, async () => {
        sequences.clear()
        const log = await written()
        const before = await told(log)
        const neighbour = await told(log, 1)
        const disk = await left(log, clean)
        for (let i = 0; i < tries; i++) {
          const random = randomFrom(seed + i)
          const copy = disk.killed()
          const paths = filesOf(copy, log.folder(), kind)
          const path = paths[Math.floor(random() * paths.length)] as string
          apply(copy, path, damage, random)
          const again = await log.reopened({ files: copy })
          again.leaderEpoch = log.leaderEpoch
          const after = await told(again)
          const why = `${path} with seed ${seed + i}: ${again.said.join('\n')}`
          assert.deepEqual(after, before, why)
          assert.deepEqual(await told(again, 1), neighbour, why)
          assert.ok(
            again.said.every(line => line.includes(log.folder())),
            why,
          )
          assert.equal(await again.write(['next']), before.end, why)
          await again.engine.close()
          const third = await again.reopened({ files: copy.killed() })
          assert.deepEqual((await told(third)).values, [...before.values, 'next'], why)
          assert.deepEqual(third.said, [], 'it is said once')
        }
      })
    }
  }
}

/** Reads as a consumer that checks checksums does: values by offset, or the reason why there are none. */
async function readAt(log: World, offset: bigint): Promise<Map<bigint, string> | string> {
  const request = { target: log.target(), offset, maxBytes: 500 }
  const [result] = await log.engine.read([request], { isolation: 'read_uncommitted', maxBytes: 500 })
  if (result?.kind !== 'read') return result?.error ?? 'nothing'
  const values = new Map<bigint, string>()
  for (const batch of result.batches.flatMap(splitBatches)) {
    if (!verifyCrc(batch)) return values.size > 0 ? values : 'a checksum that does not hold'
    for (const each of await decodeRecords(batch)) values.set(each.offset, String(each.value))
  }
  return values
}

for (const damage of ['a bit flipped', 'cut in half', 'followed by zeros', 'filled with garbage'] as const) {
  for (const clean of [true, false]) {
    test(`a .log ${damage} after a ${clean ? 'clean stop' : 'kill'} is read as it was, or with an error: nothing is skipped`, async () => {
      sequences.clear()
      const log = await written()
      const records = await log.read(0n)
      const neighbour = await told(log, 1)
      const disk = await left(log, clean)
      for (let i = 0; i < tries * 2; i++) {
        const random = randomFrom(seed + i)
        const copy = disk.killed()
        const paths = filesOf(copy, log.folder(), '.log')
        const path = paths[Math.floor(random() * paths.length)] as string
        apply(copy, path, damage, random)
        const again = await log.reopened({ files: copy })
        const why = () => `${path} with seed ${seed + i}: ${again.said.join('\n')}`
        let errors = 0
        const logEnd = await end(again, 0)
        for (const { offset, value } of records) {
          const found = await readAt(again, offset)
          if (offset > logEnd) continue // an end that is cut off between two batches looks like any other
          if (typeof found === 'string') errors += 1
          else if (found.size === 0)
            assert.ok(offset === logEnd || /records between are lost/.test(why()), why())
          else assert.equal(found.get(offset), String(value), why())
        }
        if (errors > 0 && damage !== 'a bit flipped')
          assert.ok(
            again.said.length > 0,
            `${why()} ${errors} errors, end ${logEnd} of ${records.at(-1)?.offset}`,
          )
        if (damage === 'followed by zeros') assert.equal(errors, 0, why())
        assert.deepEqual(await told(again, 1), neighbour, why())
      }
    })
  }
}

test('an end of the log that cannot be read after a clean stop is kept beside it', async () => {
  const log = await written()
  const disk = await left(log, true)
  const path = filesOf(disk, log.folder(), '.log').at(-1) as string
  disk.damage(path, bytes => bytes.fill(7, bytes.length - 100))
  const before = disk.readFile(path)
  const again = await log.reopened({ files: disk })
  const offset = await again.write(['next'])
  assert.match(
    again.said.join(),
    /\d+ bytes after offset \d+ are no record batches. They are kept as .*damaged-/,
  )
  const kept = filesOf(disk, log.folder(), '').find(name => name.includes('damaged')) as string
  assert.deepEqual(
    Buffer.concat([disk.readFile(path).subarray(0, before.length - disk.size(kept)), disk.readFile(kept)]),
    before,
  )
  assert.deepEqual(await again.values(offset), ['next'])
})

test('records that are lost at the end of a log are not skipped in silence, also when it has gone on behind them', async () => {
  const log = await written()
  const before = await log.values()
  const disk = await left(log, true)
  const path = filesOf(disk, log.folder(), '.log').at(-1) as string
  disk.damage(path, bytes => bytes.fill(7))
  const again = await log.reopened({ files: disk })
  const lostFrom = BigInt(path.slice(-24, -4))
  assert.equal(await readAt(again, lostFrom), 'CORRUPT_MESSAGE')
  const next = await again.write(['next'])
  await again.engine.close()
  const third = await again.reopened({ files: disk.killed() })
  assert.equal(await readAt(third, lostFrom), 'CORRUPT_MESSAGE')
  assert.deepEqual(await third.values(next), ['next'])
  assert.ok(before.length > 0)
  disk.remove(filesOf(disk, log.folder(), '').find(name => name.includes('damaged')) as string)
  await third.engine.close()
  const fourth = await third.reopened({ files: disk.killed() })
  assert.notEqual(await readAt(fourth, lostFrom), 'CORRUPT_MESSAGE')
})

test('a transaction of which the marker is lost at the end of a log does not stay open, and if it was aborted is not shown', async () => {
  const log = await LogWorld.open({ files: new SimulatedDisk(), topic, unverified: true })
  const producer = { producerId: 1n, producerEpoch: 0, transactional: true }
  await log.append({ records: [record('aborted'.padEnd(2900), 1000)], baseSequence: 0, ...producer })
  const key = bytesOf(['int16', 0], ['int16', 0])
  const marker = { timestampMs: 1000n, key, value: bytesOf(['int16', 0], ['int32', 0]), headers: [] }
  await log.append({ records: [marker], control: true, ...producer })
  const disk = await left(log, true)
  const [first, last] = filesOf(disk, log.folder(), '.log')
  assert.ok(first && last)
  disk.damage(last, bytes => bytes.fill(7))
  const again = await log.reopened({ files: disk })
  const target = again.target(0)
  const [bounds] = await again.engine.bounds([target])
  assert.equal(bounds && 'lastStableOffset' in bounds ? bounds.lastStableOffset : null, 2n)
  const [result] = await again.engine.read([{ target, offset: 0n, maxBytes: 9000 }], {
    isolation: 'read_committed',
    maxBytes: 9000,
  })
  assert.ok(result?.kind === 'read')
  assert.deepEqual(result.abortedTransactions, [{ producerId: 1n, firstOffset: 0n }])
})

test('a log of which the first batch cannot be read is opened, and the rest of it read', async () => {
  const log = await LogWorld.open({ files: new SimulatedDisk(), topic: { indexIntervalBytes: 100 } })
  for (let i = 0; i < 20; i++) await log.write([`${i}`], 0, i === 0 ? 5000 : 1000 + i)
  const disk = await left(log, true)
  disk.damage(`${log.folder()}/00000000000000000000.log`, bytes => bytes.fill(0, 0, 60))
  const again = await log.reopened({ files: disk })
  assert.equal(await readAt(again, 0n), 'CORRUPT_MESSAGE')
  assert.deepEqual((await again.values(1n)).length, 19)
})
