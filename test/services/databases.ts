import { randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { createConnection } from 'mysql2/promise'
import pg from 'pg'

export interface Database {
  readonly name: string
  readonly url: string
  /** Removes it, whoever is still connected. */
  drop(): Promise<void>
}

/** For a database, a table or a prefix of keys: letters, digits and `_`, unlike any other. */
export function uniqueName(): string {
  return `t_${randomBytes(6).toString('hex')}`
}

/** A new database on a server that others use too. */
export async function createDatabase(kind: 'postgres' | 'mariadb' | 'mongodb', server: string): Promise<Database> {
  const name = uniqueName()
  const url = new URL(server)
  url.pathname = `/${name}`
  const { create, drop } = kinds[kind]
  await create(server, name)
  return { name, url: url.href, drop: () => drop(server, name) }
}

const kinds = {
  postgres: {
    create: (server: string, name: string) => postgres(server, `create database ${name}`),
    drop: (server: string, name: string) => postgres(server, `drop database if exists ${name} with (force)`),
  },
  mariadb: {
    create: (server: string, name: string) => mysql(server, `create database ${name}`),
    drop: (server: string, name: string) => mysql(server, `drop database if exists ${name}`),
  },
  mongodb: {
    // It makes a database when something is written to it.
    create: async () => {},
    drop: async (server: string, name: string) => {
      const client = new MongoClient(server)
      try {
        await client.db(name).dropDatabase()
      } finally {
        await client.close()
      }
    },
  },
}

async function postgres(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

async function mysql(url: string, statement: string): Promise<void> {
  const connection = await createConnection(url)
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}
