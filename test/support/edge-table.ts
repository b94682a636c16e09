/** The table between the markers of that name in a page of the documentation, with them. */
export function tableIn(page: string, name: string): string {
  const [from, to] = placeOf(page, name)
  return page.slice(from, to)
}

/** The page with this table between the markers. */
export function withTable(
  page: string,
  name: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const [from, to] = placeOf(page, name)
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `${page.slice(0, from)}\n\n${lines.join('\n')}\n\n${page.slice(to)}`
}

function placeOf(page: string, name: string): [number, number] {
  const start = `<!-- ${name}: node scripts/edge-table.mjs -->`
  const [from, to] = [page.indexOf(start), page.indexOf(`<!-- end of ${name} -->`)]
  if (from < 0 || to < from) throw new Error(`The page has no markers for ${name}`)
  return [from + start.length, to]
}
