import type { FeatureName } from '../engine/features.js'
import { updateFeatures } from '../wire/apis/update-features.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { features, levelInForce } from './shared/features.js'
import { handler, type RequestContext } from './shared/handler.js'

type Request = RequestOf<typeof updateFeatures>
type Update = Request['featureUpdates'][number]

const upgrade = 1
const unsafeDowngrade = 3

/**
 * Sets levels of features (KIP-584), where Ottla serves more than one: `metadata.version` may rise, and
 * `eligible.leader.replicas.version` may do either. As in Kafka an update that cannot be made fails all of them.
 */
export const updateFeaturesHandler = handler({
  api: updateFeatures,

  async handle(request, context) {
    const { metadata } = context.broker
    if (request.validateOnly) changesOf(request, context)
    else await metadata.changeFeatures(() => changesOf(request, context))
    const results = request.featureUpdates.map(({ feature }) => ({
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

function changesOf({ featureUpdates }: Request, context: RequestContext): Map<FeatureName, number> {
  const changes = new Map<FeatureName, number>()
  for (const update of featureUpdates) {
    const name = changing(update, context)
    if (name !== null) changes.set(name, update.maxVersionLevel)
  }
  return changes
}

const elr = 'eligible.leader.replicas.version'
/** The metadata.version that eligible leader replicas need: 4.0-IV1. */
const elrNeeds = 23

/**
 * Returns the feature that is to change, null where it has the level already. Throws INVALID_UPDATE_VERSION with the
 * words of Kafka's FeatureControlManager.
 */
function changing(update: Update, { broker, connection, version }: RequestContext): FeatureName | null {
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
  const { name, minVersion, maxVersion } = known
  if (level < minVersion || level > maxVersion) {
    throw invalid(`${controller} only supports versions ${minVersion}-${maxVersion}`)
  }
  const inForce = levelInForce(known, broker.metadata)
  if (level === inForce) return null
  if (level < inForce && type === upgrade) {
    throw invalid(
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    )
  }
  if (level > inForce && type !== upgrade) throw invalid("Can't downgrade to a newer version.")
  if (level < inForce && name !== elr) {
    throw invalid(`Ottla does not lower it: ${inForce} is the lowest level that is served here.`)
  }
  if (name === elr && level > 0 && broker.metadata.featureLevel('metadata.version') < elrNeeds) {
    throw invalid(`${name} could not be set to ${level} because it depends on metadata.version=${elrNeeds}.`)
  }
  return name
}
