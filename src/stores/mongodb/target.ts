import { SessionConfigError } from '../../core/errors.js'

/**
 * The database to use: `database`, else the one that the connection string names.
 * @throws SessionConfigError for what is no connection string, and for no or no possible name. A url may hold a password:
 * no message shows it.
 */
export function databaseIn(url: string, database: string | undefined): string {
  // Not new URL(): a connection string may name several hosts.
  const path = /^mongodb(?:\+srv)?:\/\/[^/?#]+(?:\/([^/?#]*))?(?:\?|$)/.exec(url)
  if (!path || /%(?![0-9a-f]{2})/i.test(path[1] ?? '')) {
    throw new SessionConfigError(
      'mongodbStore: this url is no connection string of MongoDB. Use mongodb://host:27017/database or mongodb+srv://.',
    )
  }
  const name = database ?? decodeURIComponent(path[1] ?? '')
  if (name === '') {
    throw new SessionConfigError(
      'mongodbStore: no database is named. Put it into the url (mongodb://host:27017/database) or set `database`.',
    )
  }
  if (/[\0/\\. "$*<>:|?]/.test(name) || Buffer.byteLength(name) > 63) {
    throw new SessionConfigError(
      `mongodbStore: the database name ${JSON.stringify(name)} cannot be used. Use at most 63 bytes, without spaces and / \\ . " $ * < > : | ?`,
    )
  }
  return name
}

/** @throws SessionConfigError when MongoDB would refuse the name, or keeps it for itself. */
export function assertCollectionName(name: string): void {
  if (name === '' || /[\0$]|^system\.|^\.|\.\.|\.$/.test(name) || Buffer.byteLength(name) > 150) {
    throw new SessionConfigError(
      `mongodbStore: the collection name ${JSON.stringify(name)} cannot be used. Use 1 to 150 bytes, no $, no dot at an end, not system. first.`,
    )
  }
}
