import {
  baseOffsetOf,
  cleanedSuffix,
  deletedSuffix,
  isUnfinished,
  segmentName,
  swapSuffix,
} from '../file-names.js'
import type { OpenFiles } from '../open-files.js'
import { Segment } from '../segment.js'

const kinds = ['log', 'index', 'timeindex', 'txnindex'] as const

/**
 * Puts a compacted segment in the place of those it was made from. Its log is written as `.log.cleaned` and synced; the
 * moment it is called `.log.swap` it counts, and what was there goes. A crash before that moment leaves the old
 * segments, one after it the new one: `finishSwaps` does the rest. The disk knows each name before the next step, or a
 * power failure could take the old and the new one, or leave the indexes of the old beside the log of the new.
 */
export function beginSwap(open: OpenFiles, cleaned: Segment): void {
  cleaned.abandon()
  const path = placeOf(open, cleaned).pathOf('log')
  open.files.rename(path + cleanedSuffix, path + swapSuffix)
  open.folders.changed(cleaned.folder)
}

/** To be called once the disk knows what `beginSwap` did. */
export function finishSwap(open: OpenFiles, cleaned: Segment, old: readonly Segment[]): void {
  const { files } = open
  const place = placeOf(open, cleaned)
  for (const segment of old) segment.remove()
  for (const kind of ['index', 'timeindex', 'txnindex'] as const) {
    files.rename(place.pathOf(kind) + cleanedSuffix, place.pathOf(kind))
  }
  files.syncFolderNow(cleaned.folder)
  files.rename(place.pathOf('log') + swapSuffix, place.pathOf('log'))
  open.folders.changed(cleaned.folder)
}

/** Takes back what `beginSwap` did, where the old segments have to stay. */
export function undoSwap(open: OpenFiles, cleaned: Segment): void {
  open.files.remove(placeOf(open, cleaned).pathOf('log') + swapSuffix)
}

const placeOf = (open: OpenFiles, { base, folder, sinceMs }: Segment): Segment =>
  new Segment(base, folder, open, sinceMs)

/**
 * Finishes at a start what a crash interrupted, and tells what is in the folder then. Offset and time indexes
 * that are missing by then are written anew by recovery; the transaction index cannot be, so it has its place
 * already or gets it here.
 */
export function finishSwaps(open: OpenFiles, folder: string, nowMs: number): readonly string[] {
  const { files } = open
  const names = files.list(folder)
  if (!names.some(isUnfinished)) return names
  for (const name of names.filter(each => each.endsWith(`.log${swapSuffix}`))) {
    const base = baseOffsetOf(name.slice(0, -swapSuffix.length), 'log')
    if (base === null) continue
    const swap = new Segment(base, folder, open, nowMs, swapSuffix)
    const { end } = swap.load()
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
    const gone = name.endsWith(deletedSuffix)
      ? baseOffsetOf(name.slice(0, -deletedSuffix.length), 'log')
      : null
    if (gone !== null && !files.exists(`${folder}/${segmentName(gone, 'log')}`)) {
      for (const kind of kinds) files.remove(`${folder}/${segmentName(gone, kind)}`) // a crash came between
    }
    if (name.endsWith(cleanedSuffix) || name.endsWith(deletedSuffix)) files.remove(`${folder}/${name}`)
  }
  return files.list(folder)
}
