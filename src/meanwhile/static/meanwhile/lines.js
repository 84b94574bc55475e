// @ts-check
/**
 * Reads an answer line by line as it comes. Where the body can't be read as a stream, all lines come at the end.
 *
 * @param {Response} response
 * @param {(line: string) => void} onLine called for every line that isn't empty, without its line break
 * @returns {Promise<void>} done when the answer has ended; rejects when the connection broke
 */
export async function readLines(response, onLine) {
  const reader = response.body?.getReader?.();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done = true, value } = (await reader?.read()) ?? {};
    const text = reader ? decoder.decode(value, { stream: !done }) : await response.text();
    const lines = (rest + text).split("\n");
    rest = done ? "" : (lines.pop() ?? "");
    for (const line of lines) if (line.trim()) onLine(line);
    if (done) return;
  }
}
