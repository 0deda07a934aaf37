// What the page makes of strings; nothing here touches the document.

/** The secret in a seal: eight bytes, then the secret under them. */
export function unseal(seal) {
  const bytes = Uint8Array.from(atob(seal), (character) => character.charCodeAt(0));
  const key = bytes.slice(0, 8);
  return new TextDecoder().decode(bytes.slice(8).map((byte, place) => byte ^ key[place % 8]));
}

/** A line for a shell that sends `fields` as JSON to `address`. */
export function curlLine(address, fields) {
  const quote = (text) => "'" + text.replaceAll("'", "'\\''") + "'";
  return `curl ${quote(address)} -H 'Content-Type: application/json' -d ${quote(JSON.stringify(fields))}`;
}

/** What to show for an answer that holds no translation. */
export function problemOf(status, body) {
  if (body && typeof body.error === "string") return body.error;
  return status ? `The server answered with status ${status}.` : "The server cannot be reached.";
}
