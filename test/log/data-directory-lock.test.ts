import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Presence } from '../../src/engine/presence.js'
import { lockDirectory } from '../../src/log/data-directory-lock.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const lock = '/data/.lock'
/** The id of a process that lives, and is not this one. */
const stranger = process.ppid
const locked = { name: 'DataDirectoryLocked' }

/** A machine on which those are heard who announced themselves and did not die. */
class Machine implements Presence {
  readonly disk = new SimulatedDisk()
  readonly heard = new Set<string>()

  async announce(_directory: string, name: string) {
    this.heard.add(name)
    return () => void this.heard.delete(name)
  }

  async isHeard(_directory: string, name: string) {
    return this.heard.has(name)
  }

  /** Takes the directory. */
  take(): Promise<() => void> {
    return lockDirectory(this.disk, '/data', this)
  }

  /** The lock file as another broker with this process id left it. */
  leave(processId: number, name: string): void {
    this.disk.writeFile(lock, Buffer.from(`${processId}\n${name}\n`))
  }
}

test('a directory is taken and given back, with nothing left', async () => {
  const machine = new Machine()
  const release = await machine.take()
  await assert.rejects(machine.take(), locked)
  assert.equal(machine.heard.size, 1)
  release()
  assert.deepEqual([machine.disk.list('/data'), machine.heard.size], [[], 0])
  const again = await machine.take()
  again()
})

test('a broker that can be heard has the directory, whatever its process id is here', async () => {
  for (const processId of [process.pid, 999_999_999]) {
    const machine = new Machine()
    machine.heard.add('.lock.other')
    machine.leave(processId, '.lock.other')
    await assert.rejects(machine.take(), locked)
    assert.equal(machine.heard.size, 1)
  }
})

test('after a reboot the process id may be that of any program: a broker that is not heard is dead', async () => {
  const machine = new Machine()
  machine.disk.writeFile('/data/.lock.other', Buffer.alloc(0))
  machine.leave(stranger, '.lock.other')
  const release = await machine.take()
  assert.deepEqual(machine.disk.list('/data'), ['.lock'])
  release()
})

test('where no process can be heard the process id decides', async () => {
  const disk = new SimulatedDisk()
  const take = () => lockDirectory(disk, '/data')
  disk.writeFile(lock, Buffer.from(String(stranger)))
  await assert.rejects(take(), { ...locked, message: new RegExp(`process id ${stranger}: stop that one`) })
  for (const content of ['999999999', String(process.pid), '', 'nonsense']) {
    disk.writeFile(lock, Buffer.from(content))
    const release = await take()
    release()
  }
})

test('of several that find a dead broker’s file at the same time one has the directory in the end', async () => {
  for (let others = 1; others <= 4; others++) {
    const machine = new Machine()
    machine.leave(stranger, '.lock.other')
    const attempts = await Promise.allSettled(Array.from({ length: 1 + others }, () => machine.take()))
    const releases = attempts.flatMap(attempt => (attempt.status === 'fulfilled' ? [attempt.value] : []))
    assert.equal(releases.length, 1)
    assert.equal(machine.heard.size, 1)
    assert.deepEqual(machine.disk.list('/data'), ['.lock'])
    for (const release of releases) release()
  }
})

test('what another has taken in the meantime is not given back', async () => {
  const machine = new Machine()
  const release = await machine.take()
  machine.leave(stranger, '.lock.other')
  release()
  assert.equal(machine.disk.exists(lock), true)
})

test('on a full disk a directory is taken without the file, which is written when there is room', async () => {
  const machine = new Machine()
  const { disk } = machine
  const later: (() => void)[] = []
  const take = () => lockDirectory(disk, '/data', machine, write => later.push(write))
  machine.leave(999_999_999, '.lock.dead')
  disk.fault = operation => (['write', 'rename', 'remove'].includes(operation) ? 'ENOSPC' : null)
  const release = await take()
  disk.fault = () => null
  for (const write of later) write()
  assert.equal(disk.readFile(lock).toString().split('\n')[0], String(process.pid))
  await assert.rejects(machine.take(), locked)
  release()
  assert.deepEqual([disk.exists(lock), machine.heard.size], [false, 0])
})

test('on a full disk a living broker is heard all the same', async () => {
  const machine = new Machine()
  machine.heard.add('.lock.other')
  machine.leave(stranger, '.lock.other')
  machine.disk.fault = operation => (operation === 'write' ? 'ENOSPC' : null)
  machine.disk.createExclusively = () => {
    machine.disk.writeFile(lock, Buffer.alloc(1)) // as a real disk, which needs room before it looks
    return false
  }
  await assert.rejects(
    lockDirectory(machine.disk, '/data', machine, () => {}),
    locked,
  )
})

test('a broker that has the directory without a lock file is heard by one that finds room for one', async () => {
  const machine = new Machine()
  machine.disk.writeFile('/data/.lock.ab12.held', Buffer.alloc(0))
  machine.heard.add('.lock.ab12.held')
  await assert.rejects(machine.take(), locked)
  assert.equal(machine.disk.exists(lock), false)
  machine.heard.clear()
  const release = await machine.take()
  assert.deepEqual(machine.disk.list('/data'), ['.lock'])
  release()
})
