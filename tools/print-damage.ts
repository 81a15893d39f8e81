/**
 * Prints docs/damage.md from what the long run of the damage test says:
 * `node tools/test.mjs --long compat-tests damage > run.txt && node --import tsx tools/print-damage.ts run.txt > docs/damage.md`
 */
import { readFileSync } from 'node:fs'
import { argv } from 'node:process'

const intro = `# Damaged files

This is what happens when one file of a data directory is damaged while the broker does not run, with Apache Kafka 4.3.1
and with Ottla. One topic, \`orders\`, has transactions and two segments; the file that is damaged belongs to it, or to
the broker. Then the broker starts, and clients read everything, look up a committed offset, and write.

- The log holds records that no other file does. After a clean stop it is believed: where its batches are damaged Ottla
  answers CORRUPT_MESSAGE, or the client sees that a checksum does not hold, and the records before and behind can be
  read. Only the broker's log names a \`.log\` that was deleted: readers go on behind it, or get OFFSET_OUT_OF_RANGE, as
  with Apache Kafka.
- After a kill a damaged place cannot be told from a write that was interrupted. As with Apache Kafka the log is cut
  there, and readers come to its end earlier; only the broker's log says so.
- The files beside a log are made again from it. A folder whose \`partition.metadata\` is gone or cut is its topic's by
  its name. Only after a power failure, and before its records were synced, the folder is kept under another name
  (\`-stray\`): the topic may have been made again since. Ottla knows on Linux whether the machine was started anew.
- Where Ottla finds a file damaged and goes on, it logs once which file it is and what it did. A changed byte
  that makes no difference, as in a comment or in \`.lock\`, goes unnoticed.
- Where the end of a log is no longer record batches after a clean stop, it is cut off and kept beside the log under a
  name that ends with \`.damaged-\` and a position. As long as that file is there, reads of the missing records are
  CORRUPT_MESSAGE. Remove it and start the broker again to have readers go on behind the place. Zeros are only cut off.
- One flipped bit in a batch of \`__consumer_offsets\` or \`__transaction_state\` is found by the checksum and put right
  after a clean stop; after a kill the log is cut there like any other.
- A damaged \`.log\` of \`__cluster_metadata\` ends the start with a sentence that names the file, with two exceptions: zeros
  behind its last batch are cut off, and so is, after a kill, a last batch that is not whole. Where it ends before the
  last clean stop, be it cut or full of zeros, that is damage as well, after a kill too: a \`.snapshot\` beside it is
  named by the offset where it ended. Where it was cut Apache Kafka starts with the topics that are left.
- A \`meta.properties\` that is deleted, or no longer names the cluster and the node, ends the start as well. A flipped bit
  in a line on which nothing depends does not.
`

const rows = readFileSync(argv[2] as string, 'utf8')
  .split('\n')
  .filter(line => line.startsWith('| '))
  .map(line => line.slice(2, -2).split(' | '))

function table(stop: string): string {
  const lines = rows
    .filter(row => row[2] === stop)
    .map(([kind, damage, , ottla, kafka]) => `| \`${kind}\` | ${damage} | ${told(kafka)} | ${told(ottla)} |`)
  return `\n## After ${stop}\n\n| file | damage | Apache Kafka 4.3.1 | Ottla |\n|---|---|---|---|\n${lines.join('\n')}\n`
}

/** Both kinds of readers mostly get the same answers: then they are printed once. */
function told(says = ''): string {
  const parts = says.split('; ')
  const plain = parts.find(part => part.startsWith('orders: '))
  const same = (part: string) =>
    plain !== undefined &&
    part.startsWith('orders, read_committed: ') &&
    part.replaceAll(/\d+/g, '') ===
      plain.replace('orders: ', 'orders, read_committed: ').replaceAll(/\d+/g, '')
  return parts.filter(part => !same(part)).join('; ')
}

const stops = [...new Set(rows.map(row => row[2] as string))]
process.stdout.write(`${intro}${stops.map(table).join('')}`)
