/**
 * Measures what lies on disk at the sizes that matter: `npm run bench:storage -- [name...]`, all by default.
 */
import { codecs } from '../../src/records/compression/compression.js'
import { admission } from './admission.js'
import { compactionBesideProduce } from './compaction.js'
import { coordinatorCommit } from './coordinator-commit.js'
import { deletion } from './deletion.js'
import { firstWrites } from './first-writes.js'
import { groupCommit } from './group-commit.js'
import { restarts } from './restart.js'
import { size } from './size.js'

const benches: Readonly<Record<string, () => Promise<void>>> = {
  compaction: () =>
    compactionBesideProduce({ mib: 1024, keys: 4_000_000, codec: codecs.none, batchRecords: 500 }),
  'compaction-small': () =>
    compactionBesideProduce({ mib: 64, keys: 1_000_000, codec: codecs.none, batchRecords: 100 }),
  'compaction-large-batches': () =>
    compactionBesideProduce({ mib: 128, keys: 2_000_000, codec: codecs.lz4, batchRecords: 8000 }),
  restart: () => restarts({ partitions: 50, mib: 1024, batchBytes: 64_000 }),
  partitions: () => restarts({ partitions: 10_000, mib: 10, batchBytes: 1000 }),
  deletion: () => deletion(1000),
  'first-writes': () => firstWrites(10_000),
  size: () => size(10),
  'group-commit': groupCommit,
  'coordinator-commit': coordinatorCommit,
  admission: () =>
    admission([
      { what: '1,000,000 of one record of 100 B', batches: 1_000_000, records: 1, valueBytes: 100 },
      { what: '2,000 of 256 KiB in records of 1 KiB', batches: 2000, records: 256, valueBytes: 1000 },
      ...(['gzip', 'snappy', 'lz4', 'zstd'] as const).map(name => ({
        what: `5,000 of 64 KiB compressed by ${name}, for a compacted topic`,
        batches: 5000,
        records: 64,
        valueBytes: 1000,
        codec: codecs[name],
        topic: 'compacted' as const,
      })),
    ]),
}

const wanted = process.argv.slice(2)
for (const [name, measure] of Object.entries(benches)) {
  if (wanted.length === 0 || wanted.includes(name)) await measure()
}
