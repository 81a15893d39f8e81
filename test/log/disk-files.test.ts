import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { diskFiles } from '../../src/log/disk-files.js'

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-'))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('what is written in the background counts once it is there', () =>
  inFolder(async folder => {
    const file = diskFiles.open(join(folder, 'a'))
    file.append([Buffer.from('ab')])
    const written = file.appendAsync(Buffer.from('cd'))
    assert.equal(file.size, 2)
    await written
    assert.equal(file.size, 4)
    file.close()
    assert.equal(readFileSync(join(folder, 'a'), 'utf8'), 'abcd')
  }))

test('a file that is closed while it is read in the background stays itself until then', () =>
  inFolder(async folder => {
    const file = diskFiles.open(join(folder, 'a'))
    file.append([Buffer.alloc(1 << 20, 'a')])
    const into = Buffer.alloc(1 << 20)
    const reading = file.readAsync(into, 0)
    file.close()
    const other = diskFiles.open(join(folder, 'b')) // would get the descriptor
    other.append([Buffer.alloc(1 << 20, 'b')])
    assert.equal(await reading, 1 << 20)
    assert.ok(into.every(byte => byte === 'a'.charCodeAt(0)))
    other.close()
  }))

test('a file that was closed does nothing more to its descriptor, which may be another file’s', () =>
  inFolder(async folder => {
    const file = diskFiles.open(join(folder, 'a'))
    file.close()
    const other = diskFiles.open(join(folder, 'b'))
    assert.equal(other.descriptor, file.descriptor)
    const late = { message: /is used after it was closed/ }
    const bytes = Buffer.from('late')
    assert.throws(() => file.append([bytes]), late)
    assert.throws(() => file.read(bytes, 0), late)
    assert.throws(() => file.truncate(0), late)
    assert.throws(() => file.reserve(10), late)
    assert.throws(() => file.rewriteNow(0), late)
    assert.throws(() => file.syncNow(), late)
    await assert.rejects(file.appendAsync(bytes), late)
    await assert.rejects(file.readAsync(bytes, 0), late)
    await assert.rejects(file.rewrite(0), late)
    await assert.rejects(file.sync(), late)
    file.close()
    other.append([Buffer.from('kept')])
    await other.sync()
    other.close()
    assert.equal(readFileSync(join(folder, 'b'), 'utf8'), 'kept')
  }))

for (const now of [false, true]) {
  test(`a file is written again as it is${now ? ' while everything else waits' : ''}`, () =>
    inFolder(async folder => {
      const path = join(folder, 'a')
      const content = Buffer.from(Array.from({ length: (5 << 20) / 2 }, (_, i) => i % 251))
      const file = diskFiles.open(path)
      file.append([content])
      utimesSync(path, 1000, 1000)
      if (now) file.rewriteNow(100)
      else await file.rewrite(100)
      assert.ok(statSync(path).mtimeMs > 1_000_000, 'it is written')
      file.append([Buffer.from('end')])
      file.close()
      assert.ok(readFileSync(path).equals(Buffer.concat([content, Buffer.from('end')])))
    }))
}
