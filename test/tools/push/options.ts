import { Readable } from 'node:stream'
import { createClient } from '../../../src/client/client.ts'
import type { Mapping } from '../../../src/tools/push/columns/mapping.ts'
import type { PushOptions } from '../../../src/tools/push/push.ts'
import { API_KEY } from '../../helper.ts'

export const PLAIN: Mapping = {
  map: {},
  ignore: [],
  set: {},
  customPrefix: 'custom_fields.',
  emptyClears: false,
  nullWords: false,
  wholeNumbers: false,
  stripPrefix: {}
}

/** The command's default options, but with short pauses. */
export function pushOptions(url: string, file: string, options: Partial<PushOptions> = {}): PushOptions {
  return {
    file,
    standardInput: Readable.from([]),
    client: createClient({ url, key: API_KEY }),
    url,
    mapping: PLAIN,
    request: {},
    encoding: 'utf-8',
    batch: 100,
    concurrency: 2,
    retry: { firstMs: 1, longestMs: 2, forMs: 5_000 },
    dryRun: false,
    restart: false,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onNotice: () => undefined,
    ...options
  }
}
