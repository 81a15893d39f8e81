import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JavaProgram } from '../support/java-program.js'
import type { JavaStage } from '../support/java-stage.js'
import { missingMaven } from '../support/maven.js'
import { writeNumbers } from './number-source.js'
import { openStage, startProgram } from './programs.js'

const rounds = process.env.OTTLA_TEST_LONG ? 3 : 1
const names = ['consumer-A', 'consumer-B', 'consumer-C']

describe('StaticMemberTestClient', { skip: missingMaven(), timeout: 300_000 }, () => {
  test('static members that restart one after the other take back what they had, in the same generation', async t => {
    const stage = await openStage(t, { inputTopic: 6 })
    await writeNumbers(stage, 'inputTopic')
    const members = new Map<string, JavaProgram>()
    for (const name of names) members.set(name, await memberOf(stage, name))
    for (const member of members.values()) await member.next('PROCESSED')
    const generations = new Set<string>()
    for (let round = 0; round < rounds; round++)
      for (const name of names) {
        const member = members.get(name) as JavaProgram
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

async function memberOf(stage: JavaStage, name: string): Promise<JavaProgram> {
  const settings = {
    'input.topic': 'inputTopic',
    'group.instance.id': name,
    'consumer.session.timeout.ms': '60000',
    'state.dir': stage.pathOf(name),
  }
  const member = startProgram(stage, 'StaticMemberTestClient', settings)
  await member.said('REBALANCING -> RUNNING')
  return member
}

async function generationOf(member: JavaProgram): Promise<string> {
  const line = await member.said('Successfully joined group')
  return /generationId=(\d+)/.exec(line)?.[1] as string
}
