import type { Client, FetchOptions, FetchResponse, ParseAs } from 'openapi-fetch'
import type { paths } from './openapi-types.ts'

type Method = 'get' | 'post' | 'patch' | 'delete'

type PathWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, object> ? P : never
}[keyof paths]

/** What a call takes beside the path. Headers have types only in `params.header`, so they belong there. */
type Options<Operation, As extends ParseAs> = Omit<FetchOptions<Operation>, 'headers' | 'parseAs'> & {
  parseAs?: As
}

type Arguments<O> = Partial<O> extends O ? [options?: O] : [options: O]

/**
 * A call as openapi-fetch makes it. There the options are a type parameter, so that TypeScript takes members that no
 * schema has. Here their type depends on the path alone, and a misspelt member is an error.
 */
type Call<M extends Method> = <P extends PathWith<M>, As extends ParseAs = 'json'>(
  path: P,
  ...options: Arguments<Options<Extract<paths[P][M], object>, As>>
) => Promise<FetchResponse<Extract<paths[P][M], object>, { parseAs: As }, `${string}/${string}`>>

/** The API, one function for each HTTP method. `use` and `eject` are openapi-fetch's, for its middleware. */
export interface GatewayClient extends Pick<Client<paths>, 'use' | 'eject'> {
  readonly GET: Call<'get'>
  readonly POST: Call<'post'>
  readonly PATCH: Call<'patch'>
  readonly DELETE: Call<'delete'>
}
