/** What the gateway says that an update may set. */
export interface Catalogue {
  /** Fields of a lead, by name. */
  readonly fields: ReadonlyMap<string, { readonly type: string }>
  /** Labels of the custom fields that the operator has listed. */
  readonly customFields: readonly string[]
}
