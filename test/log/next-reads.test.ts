import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryFiles } from '../../src/log/memory-files.js'
import { NextReads } from '../../src/log/next-reads.js'
import { LogWorld } from '../support/log-world.js'

test('each of several readers finds the place to read on from', () => {
  const next = new NextReads()
  next.note(10, 1000)
  next.note(500, 90_000)
  assert.equal(next.at(10), 1000)
  assert.equal(next.at(500), 90_000)
  assert.equal(next.at(11), undefined)
})

test('only the latest eight places are remembered', () => {
  const next = new NextReads()
  for (let i = 1; i <= 9; i++) next.note(i, i * 100)
  assert.equal(next.at(1), undefined)
  assert.equal(next.at(2), 200)
  assert.equal(next.at(9), 900)
})

test('nothing is known of a segment that was cut', () => {
  const next = new NextReads()
  next.note(10, 1000)
  next.clear()
  assert.equal(next.at(10), undefined)
  next.note(10, 500)
  assert.equal(next.at(10), 500)
})

test('a reader that goes on reads each batch once, and nothing before it', async () => {
  const files = new MemoryFiles(1 << 20)
  const reads: number[] = []
  const open = files.open.bind(files)
  files.open = path => {
    const file = open(path)
    const read = file.read.bind(file)
    file.read = (into, position) => {
      if (path.endsWith('.log')) reads.push(position)
      return read(into, position)
    }
    return file
  }
  const log = await LogWorld.open({ files })
  for (const value of ['a', 'b', 'c', 'd']) await log.write([value])
  await log.read(1n, 0, 1)
  reads.length = 0
  const batchBytes = files.size(`${log.folder()}/00000000000000000000.log`) / 4
  const fetch = (offset: bigint) =>
    log.engine.read([{ target: log.target(), offset, maxBytes: 1 }], {
      isolation: 'read_uncommitted',
      maxBytes: 1,
    })
  await fetch(2n)
  await fetch(3n)
  assert.deepEqual(
    reads,
    [2, 2, 3, 3].map(i => i * batchBytes),
  )
})
