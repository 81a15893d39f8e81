import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { diskFiles } from '../../src/log/disk-files.js'
import { MemoryFiles } from '../../src/log/memory-files.js'
import { askedAgain } from '../support/asked-again.js'
import { FailingEngine } from '../support/failing-engine.js'
import { LogWorld, record } from '../support/log-world.js'
import { type Operation, SimulatedDisk } from '../support/simulated-disk.js'
import { conformance, type WorldOptions } from './conformance.js'

const folders: string[] = []
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-engine-'))
  folders.push(folder)
  return folder
}

const memory = () => new MemoryFiles(1 << 26)

conformance('in memory', options => LogWorld.open({ files: memory(), ...options }))
conformance('on disk', options =>
  LogWorld.open({ files: diskFiles, directory: temporaryFolder(), ...options }),
)
conformance('on a simulated disk', options => LogWorld.open({ files: new SimulatedDisk(), ...options }))
conformance('behind an engine that fails on purpose, and is not asked to', options =>
  LogWorld.open({ files: memory(), wrap: engine => new FailingEngine(engine), ...options }),
)

/** Each call is made first while the disk or the process has no room for it, and then again. */
function fullInFirstTries(code: 'ENOSPC' | 'EMFILE', isFelt: (operation: Operation) => boolean) {
  return (options: WorldOptions): Promise<LogWorld> => {
    const files = new SimulatedDisk()
    const firstTries = {
      begin: () => {
        files.fault = operation => (isFelt(operation) ? code : null)
      },
      end: () => {
        files.fault = () => null
      },
    }
    return LogWorld.open({ files, wrap: engine => askedAgain(engine, firstTries), ...options })
  }
}
const syncs: ReadonlySet<Operation> = new Set(['sync', 'syncFolder'])
conformance(
  'on a disk that is full whenever something is tried first',
  fullInFirstTries('ENOSPC', operation => !syncs.has(operation)),
)
conformance(
  'in a process that has no descriptor whenever something is tried first',
  fullInFirstTries('EMFILE', operation => operation === 'open'),
)

const read = { isolation: 'read_uncommitted', maxBytes: 1 << 20 } as const

/** Asks an engine for a day's work, on two partitions; every answer must be one of the contract. */
async function day(log: LogWorld): Promise<{ acknowledged: Map<number, string[]>; refused: number }> {
  const { engine } = log
  const acknowledged = new Map<number, string[]>([0, 1].map(partition => [partition, []]))
  let refused = 0
  const targets = [log.target(0), log.target(1)]
  for (let i = 0; i < 6; i++) {
    for (const partition of [0, 1]) {
      const result = await log.append({ records: [record(`${i}`.repeat(40))] }, partition)
      if (result.kind === 'appended') acknowledged.get(partition)?.push(`${i}`.repeat(40))
      else refused += 1
    }
    const requests = targets.map(target => ({ target, offset: 0n, maxBytes: 1000 }))
    const answers = [
      await engine.bounds(targets),
      await engine.producers(targets),
      await engine.offsetsFor(targets.map(target => ({ target, timestampMs: 0n }))),
      await engine.epochsAt(targets.map(target => ({ target, offset: 0n }))),
      await engine.readable(requests, 'read_uncommitted'),
    ]
    for (const each of answers) assert.equal(each.length, 2)
    const results = await engine.read(requests, read)
    for (const result of results) assert.ok(result.kind === 'read' || result.error === 'KAFKA_STORAGE_ERROR')
    engine.release(results)
  }
  return { acknowledged, refused }
}

for (const code of ['ENOSPC', 'EMFILE', 'EIO'] as const) {
  test(`whichever operation of the disk is ${code}, every call is answered, and what was acknowledged is there`, async () => {
    const topic = { segmentBytes: 300, flushMessages: 2n }
    let refusals = 0
    for (let nth = 1, isReached = true; isReached; nth++) {
      const disk = new SimulatedDisk()
      const log = await LogWorld.open({ files: disk, topic })
      const before = disk.operations
      isReached = false
      disk.fault = () => {
        if (disk.operations !== before + nth) return null
        isReached = true
        return code
      }
      const { acknowledged, refused } = await day(log)
      refusals += refused
      disk.fault = () => null
      await log.engine.close()
      const again = await log.reopened({ files: disk.killed() })
      for (const [partition, values] of acknowledged) {
        const found = await again.values(undefined, partition)
        assert.deepEqual(
          found.filter(value => values.includes(value)),
          values,
          `${code} at operation ${nth}`,
        )
      }
    }
    assert.ok(refusals > 0, 'the fault was felt')
  })
}
