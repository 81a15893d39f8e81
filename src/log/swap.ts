import type { Offset } from '../engine/log-engine.js'
import {
  baseOffsetOf,
  cleanedSuffix,
  deletedSuffix,
  isUnfinished,
  segmentName,
  swapSuffix,
} from './file-names.js'
import type { OpenFiles } from './open-files.js'
import { Segment } from './segment.js'

const kinds = ['log', 'index', 'timeindex', 'txnindex'] as const

/**
 * Begins to put a compacted segment in the place of those it was made from. Its log is written as `.log.cleaned` and
 * synced; from the moment on in which it is called `.log.swap` it counts, and the old segments go. A crash before that
 * moment leaves the old segments, a crash after it the new one: `finishSwaps` does the rest. The disk knows each name
 * before the next step. Otherwise a power failure could take the old and the new one, or leave the indexes of the old
 * beside the log of the new.
 */
export function beginSwap(open: OpenFiles, cleaned: Segment): void {
  cleaned.abandon()
  const path = placeOf(open, cleaned).pathOf('log')
  open.files.rename(path + cleanedSuffix, path + swapSuffix)
  open.folders.changed(cleaned.folder)
}

/** Ends a swap. The caller makes sure first that the disk knows what `beginSwap` did. */
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

/** Takes back the work of `beginSwap`, where the old segments have to stay. */
export function undoSwap(open: OpenFiles, cleaned: Segment): void {
  open.files.remove(placeOf(open, cleaned).pathOf('log') + swapSuffix)
}

const placeOf = (open: OpenFiles, { base, folder, sinceMs }: Segment): Segment =>
  new Segment(base, folder, open, sinceMs)

/** A compacted segment that counts already, and the end of the stretch in which it replaces older segments. */
export interface Swap {
  readonly base: Offset
  readonly end: Offset
}

/** Finds the swaps that a crash interrupted. */
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

/**
 * The names that a folder holds once its swaps are finished, without the transaction indexes of the swapped segments.
 */
export function namesAfter(names: readonly string[], swaps: readonly Swap[]): string[] {
  const replaced = new Set(swaps.flatMap(swap => replacedBy(swap, names)))
  for (const base of deletedIn(names)) for (const kind of kinds) replaced.add(segmentName(base, kind))
  const kept = names.filter(name => !isUnfinished(name) && !replaced.has(name))
  return [...kept, ...swaps.map(({ base }) => segmentName(base, 'log'))]
}

/**
 * Finishes at a start the swaps that a crash interrupted. Recovery writes the offset and time indexes anew that are
 * missing by then. It cannot do so for the transaction index, which has its place already or gets it here. The call may
 * be repeated where it stopped half way for want of room; `done` hears of each log that has come into its place.
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

/** Names the files of the segments that lie where a swap is to lie. */
function replacedBy({ base, end }: Swap, names: readonly string[]): string[] {
  return names
    .flatMap(name => baseOffsetOf(name, 'log') ?? [])
    .filter(offset => offset === base || (offset > base && offset < end))
    .concat(base)
    .flatMap(offset => kinds.map(kind => segmentName(offset, kind)))
}

/** Finds the segments whose log was renamed for its removal, and is not there again under its own name. */
const deletedIn = (names: readonly string[]): Offset[] =>
  names
    .filter(name => name.endsWith(deletedSuffix))
    .flatMap(name => baseOffsetOf(name.slice(0, -deletedSuffix.length), 'log') ?? [])
    .filter(base => !names.includes(segmentName(base, 'log')))
