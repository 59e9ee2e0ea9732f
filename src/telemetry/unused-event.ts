/** An event of a webhook's payload that is not used, for the log and the operations page. Quotes no value. */
export interface UnusedEvent {
  /** Its number in the payload, from 0; absent if the payload as a whole cannot be used. */
  readonly event?: number
  /** That of the refusal, `unwanted` or `unchanged`. */
  readonly code: string
  /** The field that was refused, or the expression that failed or found nothing. */
  readonly field?: string
  readonly expression?: string
}
