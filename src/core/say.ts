const said = new Set<string>()

/** A line on the console, once for each text. */
export function say(text: string): void {
  if (said.has(text)) return
  said.add(text)
  console.warn(`zession: ${text}`)
}
