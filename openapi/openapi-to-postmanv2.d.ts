/** What is used of it; the package has no types. */
declare module 'openapi-to-postmanv2' {
  type Conversion =
    | { readonly result: true; readonly output: readonly { readonly data: unknown }[] }
    | { readonly result: false; readonly reason: string }

  export function convertV2(
    input: { readonly type: 'json'; readonly data: object },
    options: Readonly<Record<string, unknown>>,
    done: (error: Error | null, conversion: Conversion) => void
  ): void
}
