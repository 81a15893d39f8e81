import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { alterReplicaLogDirs } from '../../src/wire/apis/alter-replica-log-dirs.js'
import { describeLogDirs } from '../../src/wire/apis/describe-log-dirs.js'
import { errorCodes } from '../../src/wire/errors.js'
import { temporaryFolder } from '../support/folder.js'
import { ServedBroker } from '../support/served-broker.js'

async function opened(t: TestContext) {
  const folder = await temporaryFolder(t)
  const [one, two] = [join(folder, 'one'), join(folder, 'two')]
  const served = await ServedBroker.open({ set: { 'log.dirs': `${one},${two}` }, topics: ['letters:2'] })
  const move = async (path: string, topic = 'letters', partition = 0) => {
    const dirs = [{ path, topics: [{ name: topic, partitions: [partition] }] }]
    const { results } = await served.ask(alterReplicaLogDirs, 2, { dirs })
    return results[0]?.partitions[0]?.errorCode
  }
  const described = async () => {
    const { results } = await served.ask(describeLogDirs, 4, { topics: null })
    return results
  }
  return { one, two, served, move, described }
}

test('each data directory has the identity of the cluster, and tells its partitions', async t => {
  const { one, two, served, described } = await opened(t)
  await using _ = served
  await served.write('letters', ['a'])
  for (const path of [one, two]) assert.ok(existsSync(join(path, 'meta.properties')))
  const results = await described()
  assert.deepEqual(
    results.map(({ logDir }) => logDir),
    [one, two],
  )
  const told = results.flatMap(({ topics }) => topics.filter(({ name }) => name === 'letters'))
  assert.deepEqual(
    told.flatMap(({ partitions }) => partitions.map(each => each.partitionIndex)).sort(),
    [0, 1],
  )
})

test('a partition moves to the directory that is asked for, and is served from there', async t => {
  const { one, two, served, move } = await opened(t)
  await using _ = served
  await served.write('letters', ['a'])
  const [from, to] = existsSync(join(one, 'letters-0')) ? [one, two] : [two, one]
  assert.equal(await move(to), errorCodes.NONE)
  while (existsSync(join(from, 'letters-0'))) await new Promise(resolve => setImmediate(resolve))
  await served.write('letters', ['b'])
  assert.deepEqual(await served.values('letters'), ['a', 'b'])
  assert.ok(existsSync(join(to, 'letters-0')))
})

test('an unknown directory or partition is an error', async t => {
  const { two, served, move } = await opened(t)
  await using _ = served
  assert.equal(await move('/nowhere'), errorCodes.LOG_DIR_NOT_FOUND)
  assert.equal(await move('/nowhere', 'nothing'), errorCodes.LOG_DIR_NOT_FOUND)
  assert.equal(await move(two, 'nothing'), errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  assert.equal(await move(two, 'letters', 9), errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
})
