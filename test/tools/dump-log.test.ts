import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { encodeFact } from '../../src/cluster/metadata-serde.js'
import { groupFacts } from '../../src/groups/stored/group-facts.js'
import { diskFiles } from '../../src/log/disk-files.js'
import { codecs } from '../../src/records/compression/compression.js'
import { buildMarkerBatch } from '../../src/records/end-transaction-marker.js'
import { buildBatch } from '../../src/records/record-batch.js'
import { dump } from '../../tools/dump-log/dump.js'
import { factIn } from '../../tools/dump-log/facts.js'
import { temporaryFolder } from '../support/folder.js'
import { LogWorld, record } from '../support/log-world.js'

const tool = fileURLToPath(new URL('../../tools/dump-log.ts', import.meta.url))
const producer = { producerId: 7n, producerEpoch: 2 }

/** A partition of two plain batches, a compressed one, and a transaction that was aborted; stopped cleanly. */
async function partition(t: TestContext): Promise<string> {
  const world = await LogWorld.open({
    files: diskFiles,
    directory: await temporaryFolder(t),
    topic: { indexIntervalBytes: 100 },
  })
  await world.append({ records: [record('a', 1000, 'k'), { ...record('', 900), value: null }] })
  const headers = [{ key: 'trace', value: Buffer.from([0, 255]) }]
  await world.append({ records: [{ ...record('b', 3000), headers }], codec: codecs.gzip })
  await world.append({ records: [record('c'.repeat(200), 2000)] })
  const guard = await world.guard({ ...producer, baseSequence: 0, knowsEpochBump: true })
  const draft = { records: [record('d', 4000)], ...producer, baseSequence: 0, transactional: true }
  await world.appendBytes(await buildBatch(draft), 0, { guard })
  const marker = { ...producer, committed: false, coordinatorEpoch: 5, timestampMs: 5000n }
  await world.appendBytes(buildMarkerBatch(marker))
  await world.engine.close()
  return world.folder()
}

async function linesOf(...paths: string[]) {
  const lines: string[] = []
  for await (const { text } of dump(paths)) lines.push(text.trim())
  return lines
}

const complaintsAbout = async (path: string): Promise<string[]> =>
  (await linesOf(path)).filter(line => line.startsWith('WRONG')).map(line => line.slice('WRONG: '.length))

/** The position of the value of the first record in the .log file. */
const valueAt = 68
const fileOf = (folder: string, kind: string): string => `${folder}/00000000000000000000.${kind}`

test('a sound partition is printed file by file, with batches, records, indexes and producers', async t => {
  const folder = await partition(t)
  const lines = await linesOf(folder)
  for (const expected of [
    fileOf(folder, 'log'),
    'batch at 0: offsets 0 to 1, 2 records, 78 bytes, no compression, leader epoch 0, latest 1970-01-01T00:00:01.000Z',
    "0, 1970-01-01T00:00:01.000Z: 'k' = 'a'",
    '1, 1970-01-01T00:00:00.900Z: null = null',
    "2, 1970-01-01T00:00:03.000Z: null = 'b', trace: 0x00ff",
    `3, 1970-01-01T00:00:02.000Z: null = '${'c'.repeat(120)}'… (200 bytes)`,
    '5, 1970-01-01T00:00:05.000Z: the transaction is aborted, says the coordinator of epoch 5',
    '5 batches, 6 records, the next offset is 6',
    'up to offset 2 nothing is later than 1970-01-01T00:00:03.000Z',
    'producer 7 aborted offsets 4 to 5; then all before 6 was decided',
    'producer 7 in epoch 2, last sequence 0 at offset 4, last seen 1970-01-01T00:00:05.000Z',
  ]) {
    assert.ok(lines.includes(expected), `${expected} is not in\n${lines.join('\n')}`)
  }
  assert.ok(lines.some(line => /^offset 3 is at \d+ or later$/.test(line)))
  assert.deepEqual(await complaintsAbout(folder), [])
})

/** The damages of a file, each with the complaint about it. */
const damages: readonly [kind: string, what: string, damage: (bytes: Buffer) => Buffer, said: RegExp][] = [
  ['log', 'a flipped bit in a record', bytes => flipped(bytes, valueAt), /^its checksum does not hold$/],
  ['log', 'half a batch at the end', bytes => bytes.subarray(0, -10), /^from \d+ on there is no whole batch/],
  [
    'log',
    'a batch that comes twice',
    bytes => Buffer.concat([bytes.subarray(0, 78), bytes]),
    /^it begins at offset 0, and 2 is/,
  ],
  [
    'log',
    'records that do not fit their count',
    bytes => patched(bytes, 57, [0, 0, 0, 1]),
    /^its records cannot be read/,
  ],
  ['log', 'a batch of an old format', bytes => patched(bytes, 16, [1]), /^at 0 there is a batch of a format/],
  [
    'index',
    'an entry that points into a batch',
    bytes => patched(bytes, 7, [(bytes[7] as number) + 1]),
    /^no batch begins at \d+$/,
  ],
  [
    'index',
    'an entry of an offset that comes earlier',
    bytes => patched(bytes, 3, [1]),
    /^the batch at 78 has that offset$/,
  ],
  [
    'index',
    'half an entry',
    bytes => Buffer.concat([bytes, Buffer.from([1, 2])]),
    /^it ends with 2 bytes of half an entry$/,
  ],
  [
    'timeindex',
    'an entry that promises too early a time',
    bytes => patched(bytes, 6, [0, 1]),
    /^the batch at \d+ is from 1970/,
  ],
  [
    'timeindex',
    'an entry beyond the end',
    bytes => patched(bytes, 11, [99]),
    /^the log ends before that offset$/,
  ],
  [
    'txnindex',
    'an entry without its marker',
    bytes => patched(bytes, 9, [8]),
    /^there is no marker of that producer at offset 5$/,
  ],
  [
    'snapshot',
    'a flipped bit',
    bytes => flipped(bytes, 20),
    /^its version is not 1, or its checksum does not hold$/,
  ],
]

for (const [kind, what, damage, said] of damages) {
  test(`in a .${kind} file ${what} is reported as wrong`, async t => {
    const folder = await partition(t)
    const path = kind === 'snapshot' ? `${folder}/00000000000000000006.snapshot` : fileOf(folder, kind)
    writeFileSync(path, damage(readFileSync(path)))
    const complaints = await complaintsAbout(path)
    assert.ok(
      complaints.some(complaint => said.test(complaint)),
      `${complaints}`,
    )
  })
}

function patched(bytes: Buffer, at: number, by: number[]): Buffer {
  const copy = Buffer.from(bytes)
  copy.set(by, at)
  return copy
}

const flipped = (bytes: Buffer, at: number): Buffer => patched(bytes, at, [(bytes[at] as number) ^ 1])

test('records of internal topics are printed as what they say, and as bytes where they say nothing', () => {
  const said = { kind: 'offset', groupId: 'readers', topic: 'letters', partition: 0, value: null } as const
  const whole = { ...record(''), ...groupFacts.encode(said), offset: 0n }
  assert.equal(factIn('__consumer_offsets', whole), JSON.stringify(said))
  assert.equal(factIn('letters', whole), null)
  const value = encodeFact({ kind: 'producerIds', value: { brokerId: 1, nextProducerId: 1000n } })
  const metadata = { ...whole, key: null, value }
  assert.match(
    factIn('__cluster_metadata', metadata) ?? '',
    /^{"kind":"producerIds",.*"nextProducerId":1000}}$/,
  )
  assert.equal(factIn('__cluster_metadata', { ...metadata, value: Buffer.from([9]) }), null)
})

test('an index without its log is reported as wrong', async t => {
  const folder = await partition(t)
  rmSync(fileOf(folder, 'log'))
  assert.match((await complaintsAbout(fileOf(folder, 'index')))[0] as string, /no 0{20}\.log beside it/)
})

test('zeros at the end, as preallocated files have them, are not wrong', async t => {
  const folder = await partition(t)
  for (const kind of ['log', 'index', 'timeindex']) {
    const path = fileOf(folder, kind)
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(100)]))
    assert.deepEqual(await complaintsAbout(path), [], kind)
  }
})

test('the command ends with 1 when something is wrong, and tells only that with --wrong', async t => {
  const folder = await partition(t)
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', tool, ...args], { encoding: 'utf8' })
  const sound = run('--wrong', folder)
  assert.deepEqual([sound.status, sound.stdout], [0, 'nothing is wrong\n'])
  const path = fileOf(folder, 'log')
  writeFileSync(path, flipped(readFileSync(path), valueAt))
  const wrong = run('--wrong', path)
  assert.equal(wrong.status, 1)
  assert.equal(wrong.stdout, `${path}: WRONG: its checksum does not hold\n1 thing is wrong\n`)
  assert.equal(run().status, 2)
  assert.equal(run(`${folder}/nothing`).status, 2)
})

test('no part of a password is printed, though the journal has its keys', () => {
  const value = encodeFact({
    kind: 'scramCredential',
    value: {
      ...{ name: 'ann', mechanism: 1, iterations: 4096 },
      ...{ salt: Buffer.from('salt'), storedKey: Buffer.from('stored'), serverKey: Buffer.from('server') },
    },
  })
  const told = factIn('__cluster_metadata', { ...record(''), offset: 0n, key: null, value }) ?? ''
  assert.match(told, /"name":"ann","mechanism":1,"salt":"\[hidden\]"/)
  for (const secret of ['salt', 'stored', 'server']) {
    assert.ok(!told.includes(Buffer.from(secret).toString('base64')), told)
  }
})
