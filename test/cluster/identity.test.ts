import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identify } from '../../src/cluster/identity.js'
import { MemoryFiles } from '../../src/log/memory-files.js'
import { StorageFault } from '../../src/log/storage-fault.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const path = '/data/meta.properties'
const said: string[] = []
const logger = { warn: (message: string) => void said.push(message) }

test('a data directory keeps its identity', () => {
  const files = new MemoryFiles(1 << 16)
  const identity = identify(files, ['/data'], { nodeId: 3, logger })
  assert.equal(identity.nodeId, 3)
  assert.deepEqual(identify(files, ['/data'], { nodeId: 3, logger }), identity)
})

test('a data directory of an older Kafka gets an id of its own, once, and keeps its cluster', () => {
  const files = new MemoryFiles(1 << 16)
  files.writeFile(
    path,
    Buffer.from('#\n#Sat Nov 21 2026\nnode.id=0\nversion=1\ncluster.id=XeL2wLTsQSawNJ75UZyd6A\n'),
  )
  const identity = identify(files, ['/data'], { nodeId: 0, logger })
  assert.equal(identity.clusterId, 'XeL2wLTsQSawNJ75UZyd6A')
  assert.deepEqual(identify(files, ['/data'], { nodeId: 0, logger }), identity)
})

test('several directories belong to one cluster, and each has an id of its own', () => {
  const files = new MemoryFiles(1 << 16)
  const { clusterId } = identify(files, ['/data'], { nodeId: 0, logger })
  const first = identify(files, ['/new', '/data'], { nodeId: 0, logger })
  assert.equal(first.clusterId, clusterId)
  assert.notEqual(first.directoryId, identify(files, ['/data'], { nodeId: 0, logger }).directoryId)
})

test('directories of two clusters, or of another node, are refused', () => {
  const files = new MemoryFiles(1 << 16)
  identify(files, ['/one'], { nodeId: 0, logger })
  identify(files, ['/two'], { nodeId: 0, logger })
  assert.throws(() => identify(files, ['/one', '/two'], { nodeId: 0, logger }), { name: 'WrongCluster' })
  assert.throws(() => identify(files, ['/one'], { nodeId: 1, logger }), { name: 'WrongNode' })
})

const whole = 'cluster.id=XeL2wLTsQSawNJ75UZyd6A\ndirectory.id=AAAAAAAAAAAAAAAAAAAACQ\nnode.id=0\nversion=1\n'

test('partitions without the file that tells whose they are end the start, and nothing is written', () => {
  for (const content of [
    null,
    '',
    'garbage',
    'node.id=0\nversion=1\n',
    whole.slice(0, 20),
    `${whole}\0`.slice(0, 70),
  ]) {
    const files = new MemoryFiles(1 << 16)
    files.makeFolder('/data/orders-0')
    if (content !== null) files.writeFile(path, Buffer.from(content))
    assert.throws(() => identify(files, ['/data'], { nodeId: 0, logger }), {
      name: 'DamagedMetadata',
      message:
        /(is damaged|There is no).* but the directory holds partitions, as orders-0\. It has four lines: cluster\.id=/,
    })
    assert.equal(files.exists(path), content !== null)
  }
})

for (const operation of ['readFile', 'write'] as const) {
  test(`a disk that fails at ${operation} ends the start where the journal lies, and else takes its directory offline`, () => {
    for (const broken of ['/one', '/two']) {
      const disk = new SimulatedDisk()
      if (operation === 'readFile') identify(disk, ['/one', '/two'], { nodeId: 0, logger })
      disk.fault = (each, path) => (each === operation && path.startsWith(broken) ? 'EIO' : null)
      const failed: string[] = []
      const note = (thrown: StorageFault) => void failed.push(thrown.path)
      const start = () => identify(disk, ['/one', '/two'], { nodeId: 0, logger, failed: note })
      if (broken === '/one') assert.throws(start, StorageFault)
      else assert.equal(start().nodeId, 0)
      assert.deepEqual(failed, broken === '/one' ? [] : ['/two/meta.properties'])
    }
  })
}

test('a directory without partitions whose file is damaged is like a new one, and that is said', () => {
  const files = new MemoryFiles(1 << 16)
  files.writeFile(path, Buffer.from('garbage'))
  said.length = 0
  const identity = identify(files, ['/data'], { nodeId: 0, logger })
  assert.deepEqual(said, [`${path} is damaged, and written anew: nothing is stored in the directory.`])
  assert.deepEqual(identify(files, ['/data'], { nodeId: 0, logger }), identity)
})

test('a metadata journal in another directory than the first ends the start, as with Apache Kafka', () => {
  const files = new MemoryFiles(1 << 16)
  files.makeFolder('/two/__cluster_metadata-0')
  assert.throws(() => identify(files, ['/one', '/two'], { nodeId: 0, logger }), {
    name: 'DamagedMetadata',
    message: /looked for in \/one, .* but \/two has one\. Nothing was changed\. Name that directory first\./,
  })
})

/** Starts as a broker does; returns the directories that go offline, those that are missing, and the log lines. */
function startAt(files: MemoryFiles, directories: readonly string[]) {
  said.length = 0
  const [offline, missing]: string[][] = [[], []]
  for (const directory of directories) files.makeFolder(directory)
  identify(files, directories, {
    nodeId: 0,
    logger,
    configured: directories,
    failed: ({ path, message }) => void offline?.push(`${path}: ${message}`),
    missing: path => void missing?.push(path),
  })
  return { offline: offline ?? [], missing: missing ?? [], said: [...said] }
}

test('a directory that is empty and was not is offline, gets no new id, and is itself when it comes back', () => {
  const files = new MemoryFiles(1 << 20)
  startAt(files, ['/one', '/two'])
  files.rename('/two', '/elsewhere')
  for (let start = 0; start < 2; start++) {
    const { offline, missing } = startAt(files, ['/one', '/two'])
    assert.match(
      offline.join(),
      /^\/two: it is empty, as where a disk is not mounted; to go on without what was in it, remove \/one\/known-log-dirs-checkpoint$/,
    )
    assert.deepEqual(missing, ['/two'])
    assert.equal(files.exists('/two/meta.properties'), false)
  }
  files.remove('/two')
  files.rename('/elsewhere', '/two')
  assert.deepEqual(startAt(files, ['/one', '/two']), { offline: [], missing: [], said: [] })
})

test('a new directory whose disk fails before it has an identity is a new one at the next start as well', () => {
  const files = new MemoryFiles(1 << 20)
  const write = files.writeFileDurably.bind(files)
  files.writeFileDurably = (path, content) => {
    if (path.startsWith('/two/')) throw new StorageFault('lost', path, 'EIO')
    write(path, content)
  }
  assert.deepEqual(startAt(files, ['/one', '/two']).offline, ['/two/meta.properties: EIO'])
  files.writeFileDurably = write
  assert.deepEqual(startAt(files, ['/one', '/two']), { offline: [], missing: [], said: [] })
  assert.ok(files.exists('/two/meta.properties'))
})

test('a directory that is none of the log.dirs any more is missed until its file is removed', () => {
  const files = new MemoryFiles(1 << 20)
  startAt(files, ['/one', '/two', '/three'])
  for (let start = 0; start < 2; start++) {
    const { offline, missing, said } = startAt(files, ['/one', '/three'])
    assert.deepEqual([offline, missing], [[], ['/two']])
    assert.match(
      said.join(),
      /^\/two is none of the log.dirs any more\. Partitions that are in none of them are refused/,
    )
  }
  files.remove('/one/known-log-dirs-checkpoint')
  assert.deepEqual(startAt(files, ['/one', '/three']), { offline: [], missing: [], said: [] })
})

test('a directory that lies at another place now, or was made anew in its own, is not missed', () => {
  const files = new MemoryFiles(1 << 20)
  startAt(files, ['/one', '/two'])
  files.rename('/two', '/moved')
  assert.deepEqual(startAt(files, ['/one', '/moved']), { offline: [], missing: [], said: [] })
  const { clusterId } = identify(files, ['/one'], { nodeId: 0, logger })
  files.writeFile(
    '/moved/meta.properties',
    Buffer.from(whole.replace(/cluster.id=.*/, `cluster.id=${clusterId}`)),
  )
  assert.deepEqual(startAt(files, ['/one', '/moved']), { offline: [], missing: [], said: [] })
})

test('the list of known directories is believed by the line, and is not there for a single one', () => {
  const files = new MemoryFiles(1 << 20)
  const list = '/one/known-log-dirs-checkpoint'
  startAt(files, ['/one'])
  assert.equal(files.exists(list), false)
  startAt(files, ['/one', '/two', '/with a blank'])
  files.writeFile(list, Buffer.from(files.readFile(list).toString().replace('two', 'twp')))
  const { offline, missing, said } = startAt(files, ['/one', '/two', '/with a blank'])
  assert.deepEqual([offline, missing], [[], []])
  assert.match(said.join(), /known-log-dirs-checkpoint is damaged: 1 of its lines say nothing/)
  assert.deepEqual(startAt(files, ['/one', '/two', '/with a blank']).said, [])
})
