/** The URL of a place on a server that was just started; MariaDB has no database yet. */
export async function placeOn({ url }, service) {
  if (service !== 'mariadb') return url
  const { createConnection } = await import('mysql2/promise')
  const connection = await createConnection(url)
  await connection.query('create database bench')
  await connection.end()
  return `${url}/bench`
}
