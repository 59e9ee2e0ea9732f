/** `slack`: `{"text": …}`, which most chats take; `json`: a document for programs. */
export const ALERT_FORMATS = ['slack', 'json'] as const

/** Where alerts are sent, and from when on something is one. */
export interface AlertSettings {
  /** Of the webhook. Whoever knows it can post there, so it appears nowhere else. */
  readonly url: URL
  readonly format: (typeof ALERT_FORMATS)[number]
  /** How messages name this gateway. */
  readonly gateway: string
  /** If the oldest stored update waits longer than this, it is late. */
  readonly lateMs: number
  /** Below this part of the disk, from 0 to 1, it is nearly full. */
  readonly minDiskFree: number
  /** An alert that comes back is reported again after this time at the earliest. */
  readonly pauseMs: number
}
