/** Characters that move a terminal's cursor, begin a line or turn text around: C0, DEL, C1, separators, directions. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Returns the text in one line that a terminal takes for plain text only: a client's words may stand in it. */
export const printable = (text: string): string => text.replace(unprintable, escaped)

/** Makes a stack printable, and keeps its lines. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')

function escaped(character: string): string {
  const code = character.charCodeAt(0)
  if (character === '\n') return '\\n'
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
}
