import type { Registry, Values } from "./registry";
import { dataOf, setValue } from "./registry";

/**
 * What a Registry.pol can say beside setting values: names that begin with two stars
 * are no values but instructions ([MS-GPREG]). `**DelVals.` and `**Del.NAME` are
 * simulated, others do nothing. An order between them and the values of their key is
 * not kept: instructions come first, as editors write them.
 */

/** The instruction that empties its key of values. */
const clearing = "**DelVals.";

/** Whether a value's name is an instruction. */
export const isInstruction = (name: string): boolean => name.startsWith("**");

/** Whether a key is emptied before its own values are written. */
export const clears = (registryPol: Registry, key: string): boolean =>
  dataOf(registryPol, key, clearing) !== undefined;

/** With the instruction that empties a key; `data` is a space in policy files, and here what a record keeps by it. */
export const withClearing = (
  registryPol: Registry,
  key: string,
  data = " ",
): Registry => setValue(registryPol, key, clearing, data);

/** Who or what stands by the instruction that empties a key, if there is one. */
export function clearedBy(record: Registry, key: string): string | undefined {
  const data = dataOf(record, key, clearing);
  return typeof data === "string" ? data : undefined;
}

/** Which of the values that are present the instructions of a key delete. */
export function deletedOf(
  values: Values,
  present: readonly string[],
): readonly string[] {
  return Object.keys(values).flatMap((name) => {
    if (name.toLowerCase() === clearing.toLowerCase()) return present;
    const one = /^\*\*del\.(.+)$/is.exec(name)?.[1];
    return one === undefined ? [] : [one];
  });
}
