// What the statements that create a table have in common, made from Drizzle's description of it.

interface Column {
  readonly name: string
  readonly primary: boolean
  readonly notNull: boolean
  getSQLType(): string
}

/** The functions of a dialect whose names are put between `mark`s. */
export function ddl(mark: '"' | '`') {
  const quote = (name: string) => `${mark}${name.replaceAll(mark, mark + mark)}${mark}`
  const definition = (column: Column) =>
    `${quote(column.name)} ${column.getSQLType()}${column.primary ? ' primary key' : ''}${column.notNull ? ' not null' : ''}`
  return {
    quote,

    /** @param more further definitions between the parentheses */
    createTable: (table: string, columns: readonly Column[], more: readonly string[] = []) =>
      `create table if not exists ${table} (${[...columns.map(definition), ...more].join(', ')})`,

    /** The columns of an index, in parentheses. */
    indexed: (columns: readonly object[]) =>
      `(${columns.map((column) => ('name' in column ? quote(String(column.name)) : '')).join(', ')})`,
  }
}

/** Statements as a file has them, a definition a line. */
export function script(statements: readonly string[]): string {
  const laidOut = statements.map((statement) =>
    /^create table/.test(statement)
      ? statement.replace(
          /\((.*)\)/s,
          (_, definitions: string) => `(\n  ${definitions.split(separator).join(',\n  ')}\n)`,
        )
      : statement,
  )
  return laidOut.map((statement) => `${statement};\n`).join('')
}

/** Between definitions; a comma within parentheses belongs to an index. */
const separator = /, (?![^(]*\))/
