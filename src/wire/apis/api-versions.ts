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

/** TODO-DOC */
export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 5],
  flexibleSince: 3,
  request: {
    clientSoftwareName: ignorable(since(3, string)),
    clientSoftwareVersion: ignorable(since(3, string)),
    clusterId: ignorable(since(5, nullable(string))),
    nodeId: ignorable(since(5, int32, -1)),
  },
  response: {
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
    finalizedFeaturesEpoch: ignorable(tagged(1, 3, int64, -1n)),
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
  },
})
