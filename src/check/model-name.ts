/**
 * Returns the model name of a card from udev's database: the first word of the vendor, and the part that looks like a model.
 *
 * Two real lines: `E:ID_VENDOR_FROM_DATABASE=Intel Corporation`,
 * `E:ID_MODEL_FROM_DATABASE=Ethernet Connection (17) I219-LM`
 */
export function modelName(database: string | undefined): string | undefined {
  const field = (name: string): string | undefined =>
    new RegExp(`^E:${name}=(.*)$`, 'm').exec(database ?? '')?.[1];
  const vendor = field('ID_VENDOR_FROM_DATABASE')?.split(/[ ,]/)[0];
  const model = field('ID_MODEL_FROM_DATABASE');
  if (vendor === undefined || model === undefined) {
    return undefined;
  }
  const [short] = /\bConnectX-\d+(?: \w{2}\b)?|\b[A-Z]{1,4}-?\d{2,}[\w/-]*/.exec(model) ?? [];
  return `${vendor} ${short ?? model.slice(0, 40)}`;
}
