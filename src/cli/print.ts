/** Where a command writes to. Replaced in tests. */
export interface Output {
  line(text: string): void
  error(text: string): void
  readonly isTerminal: boolean
}

export const standardOutput: Output = {
  line: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text}\n`),
  isTerminal: process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
}

const COLORS = { red: 31, green: 32, yellow: 33, cyan: 36, bold: 1 } as const

/** Colour for a terminal; anything else gets plain text. */
export function paint(output: Output, color: keyof typeof COLORS, text: string): string {
  return output.isTerminal ? `\u001b[${COLORS[color]}m${text}\u001b[0m` : text
}

export function json(output: Output, value: unknown): void {
  output.line(JSON.stringify(value, undefined, 2))
}

/** A table of two columns. */
export function table(rows: readonly (readonly [string, string | number])[]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
}
