// Makes a folder that several processes may want at the same time: one makes
// it, the others wait.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { moveInto } from "./cache.mjs";

/** How often the maker says that it lives, and when it counts as dead. */
const HEARTBEAT_MS = 3_000;
const SILENCE_LIMIT_MS = 15_000;

/**
 * @param {string} folder It appears at once and whole.
 * @param {object} options
 * @param {(working: string) => Promise<string | undefined>} options.make Fills a folder, or says what went wrong.
 * @param {() => void} options.onWait Told once, if another process is at it.
 * @returns {Promise<string | undefined>} What went wrong, if anything.
 */
export async function makeOnce(folder, { make, onWait }) {
  // The folder to work in is also the lock, so that finishing and unlocking are
  // one rename. Its time of change is the heartbeat.
  const working = `${folder}.working`;
  for (let waited = false; !fs.existsSync(folder); await sleep(500)) {
    if (!claim(working)) {
      if (!waited) onWait();
      waited = true;
      continue;
    }
    const heartbeat = setInterval(() => {
      // It fails where another process took us for dead, after a suspension of
      // the machine; then two work, and the first to finish wins.
      fs.utimes(working, new Date(), new Date(), () => {});
    }, HEARTBEAT_MS);
    try {
      const failure = await make(working);
      if (failure !== undefined) return failure;
      await moveInto(working, folder);
    } finally {
      clearInterval(heartbeat);
      fs.rmSync(working, { recursive: true, force: true });
    }
  }
  return undefined;
}

/** @param {string} working */
function claim(working) {
  fs.mkdirSync(path.dirname(working), { recursive: true });
  const found = fs.statSync(working, { throwIfNoEntry: false });
  if (found && Date.now() - found.mtimeMs > SILENCE_LIMIT_MS) {
    fs.rmSync(working, { recursive: true, force: true });
  }
  try {
    fs.mkdirSync(working);
    return true;
  } catch (/** @type {any} */ error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}
