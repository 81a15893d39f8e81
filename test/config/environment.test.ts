import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnvironment } from '../../src/config/environment.js'

const settings = (env: Record<string, string>) => Object.fromEntries(readEnvironment(env).settings)

test('one underscore is a dot, two are an underscore, three are a dash', () => {
  assert.deepEqual(settings({ KAFKA_LOG_RETENTION_MS: '1', KAFKA_A__B___C_D: '2' }), {
    'log.retention.ms': '1',
    'a_b-c.d': '2',
  })
})

test('the names of Bitnami’s images mean the same', () => {
  assert.deepEqual(settings({ KAFKA_CFG_NUM_PARTITIONS: '3' }), { 'num.partitions': '3' })
})

test('topics to create are listed with their partitions', () => {
  const { topics, settings } = readEnvironment({ KAFKA_CREATE_TOPICS: 'a:1:1, b:2:1:compact,' })
  assert.deepEqual(topics, ['a:1:1', 'b:2:1:compact'])
  assert.equal(settings.size, 0)
})

test('variables for ZooKeeper and the JVM are listed as without effect', () => {
  const env = {
    KAFKA_ZOOKEEPER_CONNECT: 'zookeeper:2181',
    KAFKA_HEAP_OPTS: '-Xmx1g',
    KAFKA_KRAFT_CLUSTER_ID: 'MkU3OEVBNTcwNTJENDM2Qk',
    KAFKA_CFG_ZOOKEEPER_CONNECT: 'zookeeper:2181',
    KAFKA_JMX_PORT: '9999',
  }
  const { settings, ignored } = readEnvironment(env)
  assert.equal(settings.size, 0)
  assert.deepEqual(ignored, Object.keys(env))
})

test('other variables are none of its business', () => {
  assert.deepEqual(settings({ PATH: '/bin', MY_KAFKA_NUM_PARTITIONS: '3' }), {})
})
