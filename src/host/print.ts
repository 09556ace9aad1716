import process from 'node:process';

/** Writes a whole text to standard output, also where that is a pipe that is full. */
export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write(text, () => {
      resolve();
    });
  });
}
