import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MemoryFiles } from '../../src/log/memory-files.js'
import { OpenFiles } from '../../src/log/open-files.js'
import { faultOf } from '../../src/log/storage-fault.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

class CountedFiles extends MemoryFiles {
  opened = 0
  openNow = 0

  override open(path: string) {
    const file = super.open(path)
    this.opened += 1
    this.openNow += 1
    file.close = () => {
      this.openNow -= 1
    }
    return file
  }
}

test('a handle opens its file when it is used, and not before', () => {
  const files = new CountedFiles(1000)
  const handle = new OpenFiles(files, { most: 2 }).handle('/f/a')
  assert.equal(handle.size, 0)
  assert.equal(files.opened, 0)
  handle.append([Buffer.from('abc')])
  handle.append([Buffer.from('d')])
  assert.deepEqual([files.opened, handle.size], [1, 4])
})

test('no more files are open than allowed, and all can still be used', () => {
  const files = new CountedFiles(1000)
  const open = new OpenFiles(files, { most: 3 })
  const handles = ['a', 'b', 'c', 'd', 'e'].map(name => open.handle(`/f/${name}`))
  for (let round = 0; round < 3; round++) {
    for (const handle of handles) {
      handle.append([Buffer.from('x')])
      assert.ok(files.openNow <= 3, `${files.openNow} are open`)
    }
  }
  assert.deepEqual(
    handles.map(({ size }) => size),
    [3, 3, 3, 3, 3],
  )
})

test('a file in use is kept open in favour of one that is not', () => {
  const files = new CountedFiles(1000)
  const open = new OpenFiles(files, { most: 2 })
  const busy = open.handle('/f/busy')
  busy.append([Buffer.from('x')])
  for (let i = 0; i < 10; i++) {
    open.handle(`/f/${i}`).append([Buffer.from('x')])
    busy.append([Buffer.from('x')])
  }
  assert.ok(files.opened < 15, `${files.opened} times a file was opened`)
})

test('what a failed write left is cut off when the file is opened again', () => {
  const disk = new SimulatedDisk()
  const open = new OpenFiles(disk)
  const handle = open.handle('/f/a')
  handle.append([Buffer.from('abc')])
  disk.shortBytes = 2
  disk.fault = () => 'ENOSPC'
  assert.throws(() => handle.append([Buffer.from('lost')]), /ENOSPC/)
  open.closeAll()
  assert.throws(() => handle.append([Buffer.from('def')]), /ENOSPC/)
  disk.fault = operation => (operation === 'truncate' ? 'EIO' : null)
  assert.throws(() => handle.append([Buffer.from('def')]), /EIO/)
  disk.fault = () => null
  handle.append([Buffer.from('def')])
  assert.equal(handle.size, 6)
  assert.equal(disk.readFile('/f/a').toString(), 'abcdef')
})

test('a sync that writes doubted bytes again outlives that its descriptor was given back in between', async () => {
  const disk = new SimulatedDisk()
  const open = new OpenFiles(disk)
  const handle = open.handle('/f/a')
  handle.append([Buffer.from('abc')])
  handle.doubt(0)
  let synced = false
  disk.fault = operation => {
    if (operation === 'rewrite') queueMicrotask(() => open.giveBack())
    if (operation === 'sync') synced = true
    return null
  }
  await handle.sync()
  assert.ok(synced)
  handle.append([Buffer.from('d')])
  assert.equal(disk.readFile('/f/a').toString(), 'abcd')
})

test('any call that lacks a descriptor is made again once the files that are open have given theirs back', async () => {
  const disk = new SimulatedDisk()
  const open = new OpenFiles(disk)
  const handle = open.handle('/f/a')
  const calls: (() => unknown)[] = [
    () => open.files.writeFile('/f/b', Buffer.from('b')),
    () => open.files.writeFileDurably('/f/c', Buffer.from('c')),
    () => open.files.list('/f'),
    () => open.files.readFile('/f/b'),
    () => open.files.syncFolder('/f'),
    () => open.handle('/f/d').append([Buffer.from('d')]),
  ]
  for (const call of calls) {
    handle.append([Buffer.from('x')])
    let lacks = 1
    disk.fault = () => (lacks-- > 0 ? 'EMFILE' : null)
    await call()
    disk.fault = () => null
  }
  assert.equal(disk.readFile('/f/a').toString(), 'xxxxxx')
})

test('where nothing is open, a call that lacks a descriptor fails as on a full disk', () => {
  const disk = new SimulatedDisk()
  disk.fault = () => 'EMFILE'
  assert.throws(() => new OpenFiles(disk).files.list('/f'), { name: 'StorageFault', kind: 'full' })
})

test('files that are not in use are closed for a socket whose descriptor is among the last ones', () => {
  const files = new CountedFiles(1000)
  const open = new OpenFiles(files, { limit: 100 }) // of which 13 are no socket's
  for (const name of ['a', 'b']) open.handle(`/f/${name}`).append([Buffer.from('x')])
  assert.equal(open.spare(86), true)
  assert.equal(files.openNow, 2)
  assert.equal(open.spare(87), true)
  assert.equal(files.openNow, 0)
  assert.equal(open.spare(87), false) // there is nothing more to give
})

test('a socket is refused where the files that are open are too few to leave enough descriptors', () => {
  const open = new OpenFiles(new CountedFiles(1000), { limit: 100 })
  for (const name of ['a', 'b']) open.handle(`/f/${name}`).append([Buffer.from('x')])
  assert.equal(open.spare(99), false)
})

/** A disk of which only one file or folder may be open at a time, and each is as long as another thread is at it. */
class OneDescriptor extends SimulatedDisk {
  isFree = true

  #take(path: string): void {
    if (!this.isFree)
      throw faultOf(Object.assign(new Error('EMFILE'), { code: 'EMFILE', syscall: 'open' }), path)
    this.isFree = false
  }

  override open(path: string) {
    this.#take(path)
    const file = super.open(path)
    const { sync, close } = file
    let [isSyncing, isClosed] = [false, false]
    const closed = () => {
      if (isClosed && !isSyncing) this.isFree = true
    }
    file.sync = async () => {
      isSyncing = true
      await Promise.all([sync(), nextTurn()])
      isSyncing = false
      closed()
    }
    file.close = () => {
      isClosed = true
      close()
      closed()
    }
    return file
  }

  override async syncFolder(path: string) {
    this.#take(path)
    await nextTurn()
    this.isFree = true
  }
}

test('with a single descriptor files and folders are synced one after the other', async () => {
  const disk = new OneDescriptor()
  const open = new OpenFiles(disk)
  const handles = ['a', 'b', 'c'].map(name => open.handle(`/f/${name}`))
  for (const handle of handles) handle.append([Buffer.from('x')])
  await Promise.all([
    open.files.syncFolder('/f'),
    ...handles.map(handle => handle.sync()),
    open.files.syncFolder('/g'),
  ])
  open.closeAll()
  assert.ok(disk.isFree)
  disk.isFree = false // it is a socket's, say
  const lacking = { name: 'StorageFault', kind: 'full' }
  const syncs = [...handles.map(handle => handle.sync()), open.files.syncFolder('/f')]
  for (const sync of syncs) await assert.rejects(sync, lacking)
})

test('the fewer descriptors there may be, the fewer of them are files', () => {
  const files = new CountedFiles(1000)
  const open = new OpenFiles(files, { limit: 80 })
  for (let i = 0; i < 100; i++) open.handle(`/f/${i}`).append([Buffer.from('x')])
  assert.equal(files.openNow, 16)
})

test('a file that was removed is not opened again, and what is under way on it is gone', async () => {
  const disk = new SimulatedDisk()
  const handle = new OpenFiles(disk).handle('/f/a')
  handle.append([Buffer.from('abc')])
  disk.fault = operation => (operation === 'sync' ? 'EIO' : null)
  const sync = handle.sync()
  handle.remove()
  await assert.rejects(sync, { kind: 'gone' })
  await assert.rejects(handle.sync(), { kind: 'gone' })
  assert.throws(() => handle.append([Buffer.from('d')]), { kind: 'gone' })
  assert.equal(disk.exists('/f/a'), false)
})
