import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { missingKafka } from '../apache-kafka/jars.js'
import { Cast } from './cast.js'
import { errorsNamedIn, notProvoked } from './errors-provoked.js'
import type { Family, Scenario, Settings } from './scenario.js'
import { families } from './scenarios/index.js'
import { errorsIn } from './transcript.js'

const source = fileURLToPath(new URL('../../src', import.meta.url))
const skip = missingKafka()
const provoked = new Set<string>()

for (const [settings, playing] of bySettings(families)) {
  describe(`with ${describeSettings(settings)}`, { skip }, () => {
    let cast: Cast
    before(async () => {
      cast = await Cast.start(settings)
    })
    after(() => cast?.stop())

    for (const { name, scenarios } of playing) {
      const [alone, together] = [true, false].map(which =>
        scenarios.filter(each => (each.alone ?? false) === which),
      ) as [Scenario[], Scenario[]]
      describe(name, { concurrency: 6 }, () => {
        for (const each of together) test(each.name, () => compare(each, cast))
      })
      describe(`${name}, one after the other`, () => {
        for (const each of alone) test(each.name, () => compare(each, cast))
      })
    }
  })
}

test('every error that the broker can name was provoked, or is listed with a reason', { skip }, async () => {
  const named = await errorsNamedIn(source)
  const listed = Object.keys(notProvoked)
  assert.deepEqual(
    [...named].filter(name => !provoked.has(name) && !listed.includes(name)),
    [],
    'no scenario provokes these',
  )
  assert.deepEqual(
    listed.filter(name => !named.has(name)),
    [],
    'the broker does not know these any more',
  )
})

async function compare({ name, play, differs }: Scenario, cast: Cast): Promise<void> {
  const { kafka, parity, ottla } = await cast.play(play)
  const shown = errorsIn(kafka)
  for (const error of [...shown, ...errorsIn(parity)]) provoked.add(error)
  for (const error of name.match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? []) {
    assert.ok(shown.has(error), `Apache Kafka does not answer ${error} but ${[...shown].join(', ')}`)
  }
  if (differs && !differs.goneInParity) {
    assert.notDeepEqual(parity, kafka, 'differs no more, so it should not be said to')
  } else assert.deepEqual(parity, kafka, 'Ottla with --parity (actual) differs from Apache Kafka (expected)')
  if (differs) assert.notDeepEqual(ottla, kafka, 'differs no more, so it should not be said to')
  else assert.deepEqual(ottla, kafka, 'Ottla (actual) differs from Apache Kafka (expected)')
}

function bySettings(all: readonly Family[]): [Settings, Family[]][] {
  const groups = new Map<string, [Settings, Family[]]>()
  for (const family of all) {
    const settings = family.settings ?? {}
    const key = JSON.stringify(settings)
    const group = groups.get(key) ?? [settings, []]
    groups.set(key, group)
    group[1].push(family)
  }
  return [...groups.values()]
}

function describeSettings(settings: Settings): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  return lines.length === 0 ? 'the settings of a fresh broker' : lines.join(', ')
}
