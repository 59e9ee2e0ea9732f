/** Nothing was migrated, or not all. The message says why. */
export class NotMigrated extends Error {
  override readonly name = 'NotMigrated'
}
