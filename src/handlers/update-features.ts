import { updateFeatures } from '../wire/apis/update-features.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { features } from './shared/features.js'
import { handler, type RequestContext } from './shared/handler.js'

type Update = RequestOf<typeof updateFeatures>['featureUpdates'][number]

const upgrade = 1
const unsafeDowngrade = 3

/**
 * Tells whether features may have the levels asked for: only those in force, for Ottla knows no others (KIP-584). As in
 * Kafka an update that cannot be made fails all of them.
 */
export const updateFeaturesHandler = handler({
  api: updateFeatures,

  handle({ featureUpdates }, context) {
    for (const update of featureUpdates) check(update, context)
    const results = featureUpdates.map(({ feature }) => ({
      feature,
      errorCode: errorCodes.NONE,
      errorMessage: 'NONE',
    }))
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE, errorMessage: null, results }
  },

  refuse: (_request, { code, message }) => ({
    throttleTimeMs: 0,
    errorCode: code,
    errorMessage: message,
    results: [],
  }),
})

/** Throws INVALID_UPDATE_VERSION with the words of Kafka's FeatureControlManager. */
function check(update: Update, { connection, version }: RequestContext): void {
  const { feature, maxVersionLevel: level } = update
  const invalid = (reason: string) =>
    new KafkaError(
      'INVALID_UPDATE_VERSION',
      `The update failed for all features since the following feature had an error: Invalid update version ${level} for feature ${feature}. ${reason}`,
    )
  const type = version === 0 ? upgrade : update.upgradeType
  const known = features.find(({ name }) => name === feature)
  const controller = `Local controller ${connection.nodeId}`
  if (type < upgrade || type > unsafeDowngrade) {
    throw invalid('The controller does not support the given upgrade type.')
  }
  if (level < 0) throw invalid('A feature version cannot be less than 0.')
  if (!known) throw invalid(`${controller} does not support this feature.`)
  const { minVersion, maxVersion, inForce } = known
  if (level < minVersion || level > maxVersion) {
    throw invalid(`${controller} only supports versions ${minVersion}-${maxVersion}`)
  }
  if (level === inForce) return
  if (type === upgrade) {
    throw invalid(
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    )
  }
  throw invalid(`Ottla does not lower it: ${inForce} is the only one in force here.`)
}
