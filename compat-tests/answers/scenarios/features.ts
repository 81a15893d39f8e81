import { updateFeatures } from '../../../src/wire/apis/update-features.js'
import { differences } from '../differences.js'
import { eachVersion, type Family, scenario } from '../scenario.js'

const [upgrade, safeDowngrade] = [1, 2]
const toLevel = (feature: string, maxVersionLevel: number, upgradeType = upgrade) => ({
  feature,
  maxVersionLevel,
  upgradeType,
})

export const updateFeaturesFamily: Family = {
  name: 'UpdateFeatures',
  scenarios: [
    ...eachVersion(updateFeatures, 'to a level that is in force, or not to be had', async (at, version) => {
      const ask = (...updates: ReturnType<typeof toLevel>[]) => {
        const featureUpdates = updates.map(({ upgradeType, ...update }) =>
          version === 0 ? update : { ...update, upgradeType },
        )
        return at.ask(updateFeatures, version, { featureUpdates })
      }
      await ask()
      await ask(toLevel('group.version', 1))
      await ask(toLevel('group.version', 1), toLevel('transaction.version', 2))
      await ask(toLevel('metadata.version', 30))
      await ask(toLevel('kraft.version', 1))
      await ask(toLevel('nobody.version', 1))
      await ask(toLevel('', 1))
      await ask(toLevel('group.version', 1), toLevel('nobody.version', 1))
      await ask(toLevel('group.version', 9))
      await ask(toLevel('group.version', 0))
      await ask(toLevel('group.version', -1))
      await ask(toLevel('metadata.version', 3))
      await ask(toLevel('metadata.version', 31))
      await ask(toLevel('metadata.version', 29))
      if (version > 0) {
        await ask(toLevel('group.version', 1, safeDowngrade))
        for (const type of [0, 9]) await ask(toLevel('group.version', 1, type))
      }
    }),
    scenario(
      'to a lower level',
      async at => {
        const featureUpdates = [toLevel('transaction.version', 1, safeDowngrade)]
        await at.ask(updateFeatures, 2, { featureUpdates, validateOnly: true })
      },
      { differs: differences.lowerLevels },
    ),
  ],
}
