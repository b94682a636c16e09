/** What of the library runs in this process: a copy of it each, by edge. Global, because copies do not see each other. */
const COPIES = Symbol.for('zession.copies')
const self = {}

type Copies = Record<string, Set<object> | undefined>

function copiesOf(edge: string): Set<object> {
  const holder = globalThis as { [COPIES]?: Copies }
  holder[COPIES] ??= {}
  return (holder[COPIES][edge] ??= new Set())
}

/** Remembers that this copy of the library serves an app. */
export function countCopy(edge: string): void {
  copiesOf(edge).add(self)
}

/** Whether apps are served by other copies alone. */
export function onlyOtherCopies(edge: string): boolean {
  const copies = copiesOf(edge)
  return copies.size > 0 && !copies.has(self)
}
