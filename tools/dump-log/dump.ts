import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { indexInWords } from './indexes.js'
import { type Line, tell } from './line.js'
import { segmentInWords } from './segment.js'
import { snapshotInWords } from './snapshot.js'

/** Tells each file, or every file below each folder, under its name. Reads only, and never more than one batch. */
export async function* dump(paths: readonly string[]): AsyncGenerator<Line> {
  for (const path of paths.flatMap(filesAt)) {
    yield tell(path)
    for await (const { text, isComplaint } of fileInWords(path)) yield { text: `  ${text}`, isComplaint }
  }
}

const readers: Readonly<Record<string, (path: string) => Iterable<Line> | AsyncIterable<Line>>> = {
  '.log': path => segmentInWords(path, topicOf(path)),
  '.checkpoint': path => segmentInWords(path, '__cluster_metadata'),
  '.index': path => indexInWords(path, 'index'),
  '.timeindex': path => indexInWords(path, 'timeindex'),
  '.txnindex': path => indexInWords(path, 'txnindex'),
  '.snapshot': snapshotInWords,
}

async function* fileInWords(path: string): AsyncGenerator<Line> {
  const read = readers[extname(path)]
  if (read) yield* read(path)
  else yield tell(`is none of ${Object.keys(readers).join(', ')}`)
}

function filesAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter(name => extname(name) in readers)
    .sort()
    .map(name => join(path, name))
}

/** The topic whose partition's folder a file lies in. */
const topicOf = (path: string): string => basename(dirname(resolve(path))).replace(/-\d+$/, '')
