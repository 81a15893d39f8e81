/** Parses a Java properties file: comments, continued lines, escapes, and `=`, `:` or space between key and value. */
export function parseProperties(text: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const match = line.match(/^((?:\\.|[^\\\s=:])*)(?:\s*[=:]\s*|\s+|$)(.*)$/s)
    if (match) values.set(unescaped(match[1] as string), unescaped(match[2] as string))
  }
  return values
}

function logicalLines(text: string): string[] {
  const lines: string[] = []
  let begun = ''
  for (const physical of text.split(/\r\n|\r|\n/)) {
    const line = physical.replace(/^[ \t\f]+/, '')
    if (begun === '' && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    const continued = /(^|[^\\])(\\\\)*\\$/.test(line)
    begun += continued ? line.slice(0, -1) : line
    if (continued) continue
    lines.push(begun)
    begun = ''
  }
  if (begun !== '') lines.push(begun)
  return lines
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

const unescaped = (text: string): string =>
  text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, letter: string) =>
    code ? String.fromCharCode(Number.parseInt(code, 16)) : (escapes[letter] ?? letter),
  )
