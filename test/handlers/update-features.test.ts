import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiVersions } from '../../src/wire/apis/api-versions.js'
import { updateFeatures } from '../../src/wire/apis/update-features.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const elr = 'eligible.leader.replicas.version'

test('a feature may be asked for at the level that ApiVersions says is in force, and at no other', async () => {
  await using served = await ServedBroker.open()
  const { finalizedFeatures, supportedFeatures } = await served.ask(apiVersions, 4, {
    clientSoftwareName: 'raw',
    clientSoftwareVersion: '1',
  })
  assert.ok(finalizedFeatures.some(({ name }) => name === 'metadata.version'))
  for (const { name, maxVersionLevel } of finalizedFeatures) {
    const ask = (level: number, upgradeType = 1) =>
      served.ask(updateFeatures, 1, {
        featureUpdates: [{ feature: name, maxVersionLevel: level, upgradeType }],
      })
    const { minVersion, maxVersion } = supportedFeatures.find(each => each.name === name) ?? assert.fail(name)
    assert.deepEqual((await ask(maxVersionLevel)).results, [
      { feature: name, errorCode: 0, errorMessage: 'NONE' },
    ])
    for (const [level, type, reason] of [
      [minVersion - 1, 1, /only supports versions|cannot be less than 0/],
      [maxVersion + 1, 1, /only supports versions/],
      [minVersion, 1, /without setting the upgrade type/],
      ...(name === elr ? [] : [[minVersion, 2, /does not lower it/] as const]),
      [maxVersionLevel, 7, /does not support the given upgrade type/],
    ] as const) {
      const answer = await ask(level, type)
      assert.equal(errorName(answer), 'INVALID_UPDATE_VERSION')
      assert.match(answer.errorMessage ?? '', reason)
      assert.deepEqual(answer.results, [])
    }
  }
})

test('eligible leader replicas are switched off and on, and metadata.version never falls', async () => {
  await using served = await ServedBroker.open()
  const ask = async (maxVersionLevel: number, upgradeType: number, validateOnly = false) => {
    const featureUpdates = [{ feature: elr, maxVersionLevel, upgradeType }]
    return errorName(await served.ask(updateFeatures, 1, { featureUpdates, validateOnly }))
  }
  const level = async () => {
    const software = { clientSoftwareName: 'raw', clientSoftwareVersion: '1' }
    const { finalizedFeatures } = await served.ask(apiVersions, 4, software)
    return finalizedFeatures.find(({ name }) => name === elr)?.maxVersionLevel
  }
  assert.equal(await level(), 1)
  assert.equal(await ask(0, 2, true), 'NONE')
  assert.equal(await level(), 1)
  assert.equal(await ask(0, 2), 'NONE')
  assert.equal(await level(), undefined)
  assert.equal(await ask(1, 2), 'INVALID_UPDATE_VERSION')
  assert.equal(await ask(1, 1), 'NONE')
  assert.equal(await level(), 1)
})
