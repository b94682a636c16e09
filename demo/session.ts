import { defineSession, type Session } from 'zession'
import { sqliteStore } from 'zession/stores/sqlite'
import { z } from 'zod'
import { databaseUrl } from './config.js'

const data = z.object({
  user: z.object({ name: z.string(), since: z.date(), browser: z.string() }).optional(),
  theme: z.enum(['light', 'dark']).default('light'),
  cart: z.array(z.object({ sku: z.string(), qty: z.number().int().positive() })).default([]),
  userId: z.number().int().optional(),
})

const flash = z.object({
  notice: z.string(),
  errors: z.array(z.string()),
  typedName: z.string(),
  simple: z.string(),
  complex: z.object({ message: z.string(), level: z.enum(['info', 'warning']) }),
})

/** Everything this app keeps about a visitor. `session.get('theme')` is `'light' | 'dark'`, because the schema says so. */
export const appSession = defineSession(data, {
  name: 'demo',
  flash,
  // Whose session it is: so there is a list of a user's logins, and they can be ended from elsewhere.
  subject: ({ user }) => user?.name,
  store: () => sqliteStore({ url: databaseUrl('sessions.db') }),
})

export type AppData = typeof data
export type AppSession = Session<AppData, typeof flash>
