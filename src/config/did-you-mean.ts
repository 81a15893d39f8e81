/** Names that differ by more than a third of their characters are no misspelling of each other. */
const mostWrongShare = 1 / 3

/**
 * A question to end a complaint with, ` Did you mean 'num.partitions'?`, or for use within one,
 * ` (did you mean 'num.partitions'?)`; nothing where no name is near.
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

/** The Levenshtein distance: how many characters have to be inserted, removed or replaced. */
function editDistance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (before[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, (before[j] as number) + 1, (row[j - 1] as number) + 1))
    }
    before = row
  }
  return before[b.length] as number
}
