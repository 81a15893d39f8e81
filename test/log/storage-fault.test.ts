import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { diskFiles } from '../../src/log/disk-files.js'
import { faultOf, StorageFault, syncFaultOf } from '../../src/log/storage-fault.js'

const systemError = (code: string) => Object.assign(new Error(code), { code, syscall: 'write' })

test('what passes when something is freed is full, anything else that a system call says is lost', () => {
  const kind = (code: string) => (faultOf(systemError(code), '/f') as StorageFault).kind
  for (const code of ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM']) assert.equal(kind(code), 'full')
  for (const code of ['EIO', 'EACCES', 'ENOENT', 'EROFS', 'ENXIO']) assert.equal(kind(code), 'lost')
})

test('a sync that failed is lost for whatever reason', () => {
  assert.equal((syncFaultOf(systemError('ENOSPC'), '/f') as StorageFault).kind, 'lost')
})

test('what no system call threw stays what it is, also with a code', () => {
  const bug = Object.assign(new TypeError('oops'), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.equal(faultOf(bug, '/f'), bug)
  assert.equal(syncFaultOf(bug, '/f'), bug)
})

test('every call on the disk that fails throws a fault with the path that it was about', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-'))
  try {
    const inFile = join(folder, 'file', 'below')
    diskFiles.writeFile(join(folder, 'file'), Buffer.from('x'))
    const calls: (() => unknown)[] = [
      () => diskFiles.open(inFile),
      () => diskFiles.list(inFile),
      () => diskFiles.makeFolder(inFile),
      () => diskFiles.readFile(inFile),
      () => diskFiles.writeFile(inFile, Buffer.alloc(1)),
      () => diskFiles.writeFileDurably(inFile, Buffer.alloc(1)),
      () => diskFiles.createExclusively(inFile, Buffer.alloc(1)),
      () => diskFiles.rename(inFile, folder),
      () => diskFiles.syncFolder(inFile),
      () => diskFiles.syncFolderNow(inFile),
      () => diskFiles.usableBytes(inFile),
    ]
    for (const call of calls) {
      await assert.rejects(
        async () => call(),
        (thrown: unknown) => {
          assert.ok(thrown instanceof StorageFault, String(thrown))
          assert.deepEqual([thrown.kind, thrown.path], ['lost', inFile], call.toString())
          return true
        },
      )
    }
    const file = diskFiles.open(join(folder, 'other'))
    closeSync(file.descriptor as number) // behind its back
    assert.throws(() => file.append([Buffer.from('x')]), { name: 'StorageFault' })
    assert.throws(() => file.read(Buffer.alloc(1), 0), { name: 'StorageFault' })
    assert.throws(() => file.truncate(0), { name: 'StorageFault' })
    await assert.rejects(file.sync(), { name: 'StorageFault' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
