import { errorCode } from '../../../error-code.ts'

/** By the code of PostgreSQL's error. */
const REMEDIES: Readonly<Record<string, string>> = {
  '28P01': 'Check the user and the password of DATABASE_URL.',
  '28000': 'Check the user of DATABASE_URL, and pg_hba.conf of the server.',
  '3D000': 'Create the database that DATABASE_URL names.',
  '3F000': 'Create a schema in the database, or let the search_path of DATABASE_URL name one.',
  '42501': 'Make the user of DATABASE_URL the owner of the database and of its tables.',
  '53300': 'Raise max_connections of the server, or lower DATABASE_MAX_CONNECTIONS.'
}
/** OpenSSL's codes and Node's for a certificate that proves nothing. */
const CERTIFICATE = /^(?:CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS_CERT)/

/** What to do about an error that the first use of a database has ended with. */
export function remedyFor(error: unknown): string {
  const code = errorCode(error)
  if (CERTIFICATE.test(code))
    return 'Let DATABASE_CA_FILE name the certificate of the authority, and DATABASE_URL the host as in the certificate.'
  return REMEDIES[code] ?? 'Check the host, the port and sslmode of DATABASE_URL, and the network.'
}
