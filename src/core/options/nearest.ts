/** The name that was probably meant, or undefined when none is near. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const plain = simplified(given)
  let best: string | undefined
  // One letter in three may be wrong.
  let least = Math.max(1, Math.floor(plain.length / 3)) + 1
  for (const name of names) {
    const steps = distance(plain, simplified(name))
    if (steps >= least) continue
    least = steps
    best = name
  }
  return best
}

/** `on_max-age`, `maxage` and `onMaxAge` are one name to their writers. */
function simplified(name: string): string {
  const letters = name.slice(0, 40).replaceAll(/[^A-Za-z0-9]/g, '')
  return letters.replace(/^on(?=[A-Z])/, '').toLowerCase()
}

/** How many letters must be added, removed, changed or swapped with the next (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : changed
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, changed, swapped))
    }
    before = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
