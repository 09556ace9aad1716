/** Which build of nicwatch runs, and on what. */
export interface Build {
  readonly version: string;
  readonly revision: string;
  readonly nodeVersion: string;
}
