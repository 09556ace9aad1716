import process from 'node:process';

/** Writes the whole text to standard output, even to a full pipe. */
export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write(text, () => {
      resolve();
    });
  });
}
