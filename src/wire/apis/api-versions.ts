import {
  api,
  array,
  bool,
  ignorable,
  int16,
  int32,
  int64,
  nullable,
  since,
  string,
  tagged,
} from '../schema.js'

/**
 * Tells which APIs are served, in which versions; most clients begin a connection with it. A version that
 * the broker does not know is answered in version 0 with UNSUPPORTED_VERSION and the whole list (KIP-511),
 * so that the client can ask again. Features are those of KIP-584.
 */
export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 5],
  flexibleSince: 3,
  request: () => ({
    clientSoftwareName: ignorable(since(3, string)), // letters, digits, '.' and '-' only, as its version
    clientSoftwareVersion: ignorable(since(3, string)),
    clusterId: ignorable(since(5, nullable(string))), // which broker the client means to reach (KIP-1242)
    nodeId: ignorable(since(5, int32, -1)),
  }),
  response: () => ({
    errorCode: int16,
    apiKeys: array({
      apiKey: int16,
      minVersion: int16,
      maxVersion: int16,
    }),
    throttleTimeMs: ignorable(since(1, int32)),
    supportedFeatures: ignorable(
      tagged(
        0,
        3,
        array({
          name: string,
          minVersion: int16,
          maxVersion: int16,
        }),
      ),
    ),
    finalizedFeaturesEpoch: ignorable(tagged(1, 3, int64, -1n)), // -1: unknown
    finalizedFeatures: ignorable(
      tagged(
        2,
        3,
        array({
          name: string,
          maxVersionLevel: int16,
          minVersionLevel: int16,
        }),
      ),
    ),
    zkMigrationReady: ignorable(tagged(3, 3, bool)),
  }),
})
