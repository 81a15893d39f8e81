/** One line of the words about files; a complaint says what is wrong. */
export interface Line {
  readonly text: string
  readonly isComplaint: boolean
}

export const tell = (text: string): Line => ({ text, isComplaint: false })
export const complain = (text: string): Line => ({ text: `WRONG: ${text}`, isComplaint: true })
