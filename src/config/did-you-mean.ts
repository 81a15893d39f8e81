/** Names that differ by more than a third of their characters are no misspelling of each other. */
const mostWrongShare = 1 / 3

/**
 * A question at the end of a complaint, ` Did you mean 'num.partitions'?`, or within one, ` (did you mean
 * 'num.partitions'?)`; it is empty where no name is near.
 */
export function didYouMean(
  wrong: string,
  names: Iterable<string>,
  form: 'at the end' | 'in brackets' = 'at the end',
): string {
  let nearest: string | null = null
  let least = Math.floor(wrong.length * mostWrongShare) + 1
  for (const name of names) {
    if (Math.abs(name.length - wrong.length) >= least) continue
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase())
    if (distance < least) {
      nearest = name
      least = distance
    }
  }
  if (nearest === null) return ''
  return form === 'at the end' ? ` Did you mean '${nearest}'?` : ` (did you mean '${nearest}'?)`
}

/**
 * The distance of Damerau and Levenshtein: the number of characters that are inserted, removed, replaced, or swapped
 * with their neighbour.
 */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwapped ? (beforeLast[j - 2] as number) + 1 : Infinity
      row.push(Math.min(replaced, (last[j] as number) + 1, (row[j - 1] as number) + 1, swapped))
    }
    beforeLast = last
    last = row
  }
  return last[b.length] as number
}
