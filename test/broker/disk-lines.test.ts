import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../support/manual-clock.js'
import { ServedBroker } from '../support/served-broker.js'
import { type Operation, SimulatedDisk } from '../support/simulated-disk.js'

const writes: ReadonlySet<Operation> = new Set(['append', 'write', 'truncate', 'rename', 'remove'])

for (const fault of ['ENOSPC', 'EIO'] as const) {
  test(`a disk that refuses what is written with ${fault} is told of in sentences, without a stack`, async () => {
    const lines: string[] = []
    const stacks: unknown[] = []
    const logger = {
      debug() {},
      info() {},
      warn: (line: string) => void lines.push(line),
      error(first: string | { readonly err: unknown }, line?: string) {
        lines.push(typeof first === 'string' ? first : (line as string))
        if (typeof first !== 'string') stacks.push(first.err)
      },
    }
    const disk = new SimulatedDisk()
    {
      await using served = await ServedBroker.open({ files: disk, clock: new ManualClock(), logger })
      await served.create('orders')
      await served.write('orders', ['a'])
      disk.fault = operation => (writes.has(operation) ? fault : null)
      await served.write('orders', ['b'])
    }
    assert.deepEqual(stacks, [])
    assert.ok(lines.some(line => line.includes(`${fault}: simulated`)))
    for (const line of lines) assert.match(line, /^[^.]*\/data[^:]*: [^:]+: simulated\.( [A-Z][^.]*\.)?$/)
  })
}
