import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identify } from '../../src/cluster/identity.js'
import { MemoryFiles } from '../../src/log/memory-files.js'

const path = '/data/meta.properties'

test('a data directory keeps its identity', () => {
  const files = new MemoryFiles(1 << 16)
  const identity = identify(files, ['/data'], 3)
  assert.equal(identity.nodeId, 3)
  assert.deepEqual(identify(files, ['/data'], 3), identity)
})

test('a data directory of an older Kafka gets an id of its own, once, and keeps its cluster', () => {
  const files = new MemoryFiles(1 << 16)
  files.writeFile(
    path,
    Buffer.from('#\n#Sat Nov 21 2026\nnode.id=0\nversion=1\ncluster.id=XeL2wLTsQSawNJ75UZyd6A\n'),
  )
  const identity = identify(files, ['/data'], 0)
  assert.equal(identity.clusterId, 'XeL2wLTsQSawNJ75UZyd6A')
  assert.deepEqual(identify(files, ['/data'], 0), identity)
})

test('several directories belong to one cluster, and each has an id of its own', () => {
  const files = new MemoryFiles(1 << 16)
  const { clusterId } = identify(files, ['/data'], 0)
  const first = identify(files, ['/new', '/data'], 0)
  assert.equal(first.clusterId, clusterId)
  assert.notEqual(first.directoryId, identify(files, ['/data'], 0).directoryId)
})

test('directories of two clusters, or of another node, are refused', () => {
  const files = new MemoryFiles(1 << 16)
  identify(files, ['/one'], 0)
  identify(files, ['/two'], 0)
  assert.throws(() => identify(files, ['/one', '/two'], 0), { name: 'WrongCluster' })
  assert.throws(() => identify(files, ['/one'], 1), { name: 'WrongNode' })
})
