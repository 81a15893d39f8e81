import { baseOffsetOf, cleanedSuffix, deletedSuffix, segmentName, swapSuffix } from '../file-names.js'
import type { OpenFiles } from '../open-files.js'
import { Segment } from '../segment.js'

const unfinished = [swapSuffix, cleanedSuffix, deletedSuffix]
const kinds = ['log', 'index', 'timeindex', 'txnindex'] as const

/**
 * Puts a compacted segment in the place of those it was made from. Its log is written as `.log.cleaned`
 * and synced; the moment it is called `.log.swap` it counts, and what was there goes. A crash before that
 * moment leaves the old segments, one after it the new one: `finishSwaps` does the rest.
 */
export function swapIn(open: OpenFiles, cleaned: Segment, old: readonly Segment[]): void {
  const { files } = open
  const place = new Segment(cleaned.base, cleaned.folder, open, cleaned.sinceMs)
  cleaned.close()
  const path = place.pathOf('log')
  files.rename(path + cleanedSuffix, path + swapSuffix)
  for (const segment of old) segment.remove()
  for (const kind of ['index', 'timeindex', 'txnindex'] as const) {
    files.rename(place.pathOf(kind) + cleanedSuffix, place.pathOf(kind))
  }
  files.rename(path + swapSuffix, path)
}

/**
 * Finishes at a start what a crash interrupted, and tells what is in the folder then. Offset and time indexes
 * that are missing by then are written anew by recovery; the transaction index cannot be, so it has its place
 * already or gets it here.
 */
export function finishSwaps(open: OpenFiles, folder: string, nowMs: number): readonly string[] {
  const { files } = open
  const names = files.list(folder)
  const isUnfinished = (name: string) => unfinished.some(suffix => name.endsWith(suffix))
  if (!names.some(isUnfinished)) return names
  for (const name of names.filter(each => each.endsWith(`.log${swapSuffix}`))) {
    const base = baseOffsetOf(name.slice(0, -swapSuffix.length), 'log')
    if (base === null) continue
    const swap = new Segment(base, folder, open, nowMs, swapSuffix)
    const end = swap.load()
    swap.close()
    for (const other of names) {
      const offset = baseOffsetOf(other, 'log')
      if (offset === null || offset < base || (offset >= end && offset !== base)) continue
      for (const kind of kinds) {
        if (kind !== 'txnindex' || offset !== base) files.remove(`${folder}/${segmentName(offset, kind)}`)
      }
    }
    const aborted = `${folder}/${segmentName(base, 'txnindex')}`
    if (files.exists(aborted + cleanedSuffix)) {
      files.remove(aborted)
      files.rename(aborted + cleanedSuffix, aborted)
    }
    files.rename(swap.pathOf('log'), `${folder}/${segmentName(base, 'log')}`)
  }
  for (const name of names) {
    if (name.endsWith(cleanedSuffix) || name.endsWith(deletedSuffix)) files.remove(`${folder}/${name}`)
  }
  return files.list(folder)
}
