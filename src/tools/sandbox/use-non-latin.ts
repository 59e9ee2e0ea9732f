/** VICIdial's system setting of the same name: whether "letters" means A to Z (0) or any Unicode letter (1). */
export type UseNonLatin = 0 | 1
