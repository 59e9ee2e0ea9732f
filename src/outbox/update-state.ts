/** Values of `updates.state`. Only an update that has not ended can be pending: see the indexes in MIGRATIONS. */
export const PENDING = 0
export const DEAD_LETTER = 1
export const ENDED = 2
