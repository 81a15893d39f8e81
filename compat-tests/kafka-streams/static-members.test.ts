import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { missingMaven } from '../support/maven.js'
import { kafkas, type Program } from './program.js'
import { Stage } from './stage.js'

const rounds = process.env.OTTLA_TEST_LONG ? 3 : 1
const names = ['consumer-A', 'consumer-B', 'consumer-C']

describe('StaticMemberTestClient', { skip: missingMaven(), timeout: 300_000 }, () => {
  test('static members that restart one after the other take back what they had, in the same generation', async t => {
    const stage = await Stage.open(t, { inputTopic: 6 })
    await stage.feed('inputTopic')
    const members = new Map<string, Program>()
    for (const name of names) members.set(name, await memberOf(stage, name))
    for (const member of members.values()) await member.next('PROCESSED')
    const generations = new Set<string>()
    for (let round = 0; round < rounds; round++)
      for (const name of names) {
        const member = members.get(name) as Program
        await member.stop()
        assert.ok(member.has('Static membership test closed'), member.output)
        const again = await memberOf(stage, name)
        generations.add(await generationOf(again))
        await again.next('PROCESSED')
        members.set(name, again)
      }
    assert.equal(generations.size, 1, `generations ${[...generations].join(', ')}`)
    for (const member of members.values()) await member.next('PROCESSED')
  })
})

async function memberOf(stage: Stage, name: string): Promise<Program> {
  const settings = {
    'input.topic': 'inputTopic',
    'group.instance.id': name,
    'consumer.session.timeout.ms': '60000',
    'state.dir': stage.folderOf(name),
  }
  const member = stage.runConfigured(`${kafkas}.StaticMemberTestClient`, settings)
  await member.said('REBALANCING -> RUNNING')
  return member
}

async function generationOf(member: Program): Promise<string> {
  const line = await member.said('Successfully joined group')
  return /generationId=(\d+)/.exec(line)?.[1] as string
}
