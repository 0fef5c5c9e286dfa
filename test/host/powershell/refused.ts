import assert from "node:assert/strict";
import { CredsspError } from "../../../providers/model/errors";

/** The error of the catalogue with which work is refused; anything else fails the test. */
export async function refused(work: Promise<unknown>): Promise<CredsspError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof CredsspError, String(error));
    return error;
  }
  return assert.fail("it was not refused");
}
