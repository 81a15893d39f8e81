import {
  api,
  array,
  bool,
  ignorable,
  int8,
  int16,
  int32,
  nullable,
  optional,
  since,
  string,
  until,
} from '../schema.js'

/** Raises and lowers the levels of features of the cluster (KIP-584, KIP-1022). */
export const updateFeatures = api({
  key: 57,
  name: 'UpdateFeatures',
  versions: [0, 2],
  flexibleSince: 0,
  request: () => ({
    timeoutMs: optional(int32, 60000),
    featureUpdates: array({
      feature: string,
      maxVersionLevel: int16,
      allowDowngrade: until(0, bool),
      upgradeType: since(1, int8, 1), // 1 upgrade, 2 downgrade that loses nothing, 3 downgrade that may
    }),
    validateOnly: since(1, bool),
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: optional(nullable(string), ''),
    results: ignorable(
      until(
        1,
        array({
          feature: string,
          errorCode: int16,
          errorMessage: optional(nullable(string), ''),
        }),
      ),
    ),
  }),
})
