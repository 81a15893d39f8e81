import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Broker } from '../../src/index.js'
import { ManualClock } from '../support/manual-clock.js'
import { type Fault, type Operation, SimulatedDisk } from '../support/simulated-disk.js'

const writes: ReadonlySet<Operation> = new Set(['append', 'write', 'makeFolder'])

/** A start on the disk of a broker that was killed, of which some calls fail. */
async function startOn(fault: (operation: Operation, path: string) => Fault | null): Promise<Broker> {
  const disk = new SimulatedDisk()
  await using before = await Broker.create({ files: disk, clock: new ManualClock(), topics: ['orders'] })
  const next = disk.killed()
  next.fault = fault
  assert.equal(before.state, 'running')
  return await Broker.create({ files: next, clock: new ManualClock() })
}

test('a start whose metadata journal cannot be written says so, with the reason', async () => {
  await assert.rejects(
    startOn(operation => (operation === 'append' ? 'EIO' : null)),
    {
      name: 'ConfigurationError',
      message:
        'The data directory /data cannot be used (The metadata journal could not be written (EIO: simulated).): choose another one, or make this one writable.',
    },
  )
})

test('a start for which the process may open too few files says so', async () => {
  await assert.rejects(
    startOn(operation => (operation === 'open' ? 'EMFILE' : null)),
    {
      name: 'ConfigurationError',
      message:
        'The data directory /data cannot be read, for the process may open no more files (EMFILE: simulated): raise its limit.',
    },
  )
})

test('a first start on a disk without room says so', async () => {
  const disk = new SimulatedDisk()
  disk.fault = operation => (writes.has(operation) ? 'ENOSPC' : null)
  await assert.rejects(Broker.create({ files: disk, clock: new ManualClock() }), {
    name: 'ConfigurationError',
    message:
      'The data directory /data has no room for what a start needs (ENOSPC: simulated): make room, or choose another one.',
  })
})
