/** The database refused a statement. PHP 8.1 and later then answer HTTP 500 with what was printed so far. */
export class DatabaseError extends Error {}
