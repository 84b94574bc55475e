// @ts-check
/** What was copied in any tree of this browser. */

const PLACE = "mw-studio:clipboard";

/** @typedef {{title: string, node: any}} Clip */

/** @returns {Clip | null} */
export function copied() {
  try {
    return JSON.parse(localStorage.getItem(PLACE) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Clip} clip */
export function keepCopied(clip) {
  localStorage.setItem(PLACE, JSON.stringify(clip));
}
