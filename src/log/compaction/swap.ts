import type { Offset } from '../../engine/log-engine.js'
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

/** A compacted segment that counts already, and up to where it stands for what was there before. */
export interface Swap {
  readonly base: Offset
  readonly end: Offset
}

/** The swaps that a crash interrupted. */
export function swapsIn(open: OpenFiles, folder: string, names: readonly string[], nowMs: number): Swap[] {
  const suffix = `.log${swapSuffix}`
  return names
    .filter(name => name.endsWith(suffix))
    .flatMap(name => baseOffsetOf(name.slice(0, -swapSuffix.length), 'log') ?? [])
    .map(base => {
      const swap = new Segment(base, folder, open, nowMs, swapSuffix)
      const { end } = swap.load()
      swap.close()
      return { base, end }
    })
}

/** Of the files in a folder those that are there once its swaps are finished, but for transaction indexes of these. */
export function namesAfter(names: readonly string[], swaps: readonly Swap[]): string[] {
  const replaced = new Set(swaps.flatMap(swap => replacedBy(swap, names)))
  for (const base of deletedIn(names)) for (const kind of kinds) replaced.add(segmentName(base, kind))
  const kept = names.filter(name => !isUnfinished(name) && !replaced.has(name))
  return [...kept, ...swaps.map(({ base }) => segmentName(base, 'log'))]
}

/**
 * Finishes at a start what a crash interrupted. Offset and time indexes that are missing by then are written anew by
 * recovery; the transaction index cannot be, so it has its place already or gets it here. It may be called again where
 * it came half way, for want of room; `done` hears of each log that has come into its place.
 */
export function finishSwaps(
  open: OpenFiles,
  folder: string,
  nowMs: number,
  done: (base: Offset) => void,
): void {
  const { files } = open
  const names = files.list(folder)
  const swaps = swapsIn(open, folder, names, nowMs)
  if (swaps.length > 0) files.syncFolderNow(folder)
  for (const swap of swaps) {
    const log = `${folder}/${segmentName(swap.base, 'log')}`
    const aborted = `${folder}/${segmentName(swap.base, 'txnindex')}`
    for (const name of replacedBy(swap, names)) {
      if (`${folder}/${name}` !== aborted) files.remove(`${folder}/${name}`)
    }
    if (files.exists(aborted + cleanedSuffix)) {
      files.remove(aborted)
      files.rename(aborted + cleanedSuffix, aborted)
    }
    files.syncFolderNow(folder)
    files.rename(log + swapSuffix, log)
    done(swap.base)
  }
  for (const base of deletedIn(names)) {
    if (files.exists(`${folder}/${segmentName(base, 'log')}`)) continue
    for (const kind of kinds) files.remove(`${folder}/${segmentName(base, kind)}`) // a crash came between
  }
  for (const name of names) {
    if (isUnfinished(name) && !name.endsWith(`.log${swapSuffix}`)) files.remove(`${folder}/${name}`)
  }
}

/** The files of the segments that lie where a swap is to lie. */
function replacedBy({ base, end }: Swap, names: readonly string[]): string[] {
  return names
    .flatMap(name => baseOffsetOf(name, 'log') ?? [])
    .filter(offset => offset === base || (offset > base && offset < end))
    .concat(base)
    .flatMap(offset => kinds.map(kind => segmentName(offset, kind)))
}

/** The segments whose log has lost its name, and is not there under it again. */
const deletedIn = (names: readonly string[]): Offset[] =>
  names
    .filter(name => name.endsWith(deletedSuffix))
    .flatMap(name => baseOffsetOf(name.slice(0, -deletedSuffix.length), 'log') ?? [])
    .filter(base => !names.includes(segmentName(base, 'log')))
