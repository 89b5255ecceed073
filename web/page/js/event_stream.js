/** Server-sent events from a response body, for requests that `EventSource` cannot make (POST). */

/**
 * @param {ReadableStream<Uint8Array> | null} body
 * @returns {AsyncGenerator<{event: string, data: string}>}
 */
export async function* readEvents(body) {
  if (!body) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      rest += value ?? "";
      // The last character may be the first half of "\r\n".
      const halfLine = !done && rest.endsWith("\r") ? "\r" : "";
      const blocks = rest.slice(0, rest.length - halfLine.length).replace(/\r\n?/g, "\n").split("\n\n");
      rest = done ? "" : (blocks.pop() ?? "") + halfLine;
      for (const block of blocks) {
        const event = readBlock(block);
        if (event) yield event;
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** @param {string} block lines of one event; null for a comment */
function readBlock(block) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? { event, data: data.join("\n") } : null;
}
